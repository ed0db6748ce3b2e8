package dev.rehearse.completions;

import dev.rehearse.generation.Completion;
import dev.rehearse.generation.GeneratedToken;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/** The shape of one endpoint's answer. Made for one request; confined to the thread that writes its answer. */
sealed interface Wire permits ChatWire, TextWire {
    /** The answer in one piece. */
    ObjectNode whole(List<Completion> replies);

    /** The chunks a stream begins with, before any token is known. */
    List<ObjectNode> opening();

    /** A chunk for what was found out about one reply's prompt, before any {@link #more}; none when it is not told. */
    Optional<ObjectNode> prompt(int index, List<GeneratedToken> tokens);

    /** A chunk for more of one reply; none when it would say nothing. */
    Optional<ObjectNode> more(int index, String text, List<GeneratedToken> tokens);

    /** The chunk that ends one reply. */
    ObjectNode last(int index, Completion reply);

    /** The chunk after all replies that only counts tokens. */
    ObjectNode usage(List<Completion> replies);
}
