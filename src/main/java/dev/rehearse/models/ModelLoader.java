package dev.rehearse.models;

/** Brings a model into memory. Thread-safe. */
@FunctionalInterface
public interface ModelLoader {
    /** @param model one with a directory */
    LoadedModel load(Model model);
}
