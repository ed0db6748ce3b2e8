package dev.rehearse.files;

import java.util.Optional;

/** Something that may need a file to stay. Any thread may ask. */
@FunctionalInterface
public interface FileHold {
    /** What needs the file, as the end of "… is in use: "; empty when nothing does. */
    Optional<String> holder(FileId file);
}
