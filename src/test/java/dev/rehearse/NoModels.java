package dev.rehearse;

import dev.rehearse.models.LoadedModel;
import dev.rehearse.models.Model;
import dev.rehearse.models.ModelLoader;
import org.springframework.context.annotation.Primary;

/** Loads nothing: jobs are tested without a network. */
@Primary
public final class NoModels implements ModelLoader {
    @Override
    public LoadedModel load(Model model) {
        throw new IllegalStateException("no model is loaded in these tests, not even " + model.id());
    }
}
