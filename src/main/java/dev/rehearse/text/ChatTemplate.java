package dev.rehearse.text;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Dialogues as token ids. The form follows from the model's special tokens:
 *
 * <ul>
 *   <li>ours: {@code <|role|>content<|end|>} for each message, {@code <|assistant|>} before a reply;
 *   <li>ChatML: {@code <|im_start|>role\ncontent<|im_end|>\n}; a default system message of the model's own template is not added;
 *   <li>Llama 3: {@code <|start_header_id|>role<|end_header_id|>\n\ncontent<|eot_id|>}; the date that Llama 3.1 puts before it
 *       is not added;
 *   <li>Zephyr, which TinyLlama follows, by the text of the model's template: {@code <|role|>\ncontent</s>\n}, the roles as text;
 *   <li>without a template, plain text: {@code Role: content\n}, an assistant's content closed by the end token, {@code Assistant: } before a
 *       reply. Here nothing keeps a content from imitating a role;
 *   <li>a template of none of these forms is not guessed at: texts can be continued, dialogues are refused.
 * </ul>
 *
 * A content is encoded by itself, so text never becomes a marker and a prompt is always a prefix of the dialogue it starts. ChatML as
 * transformers renders it differs where a content begins with white space. Immutable; lives no longer than its tokenizer.
 */
public final class ChatTemplate {
    /**
     * Our own form in the language of transformers' chat templates: the same ids for contents without the spelling of a special token.
     * Elsewhere such a spelling becomes the token, as templates there render one string.
     */
    static final String JINJA = "{% for message in messages %}"
            + "{% if message['role'] == 'assistant' %}{{ '<|assistant|>' }}"
            + "{% elif message['role'] in ['system', 'developer'] %}{{ '<|system|>' }}"
            + "{% else %}{{ '<|user|>' }}{% endif %}"
            + "{{ message['content'] + '<|end|>' }}{% endfor %}"
            + "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}";

    private static final String CHATML_START = "<|im_start|>";
    private static final String CHATML_END = "<|im_end|>";
    private static final List<String> LLAMA3 = List.of("<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>");
    private static final List<String> ZEPHYR = List.of("<|user|>", "<|assistant|>", "eos_token");
    private static final int[] NOTHING = {};

    private final Tokenizer tokenizer;
    private final int[] prefix;
    private final Map<Role, int[]> headers = new EnumMap<>(Role.class);
    private final Map<Role, int[]> footers = new EnumMap<>(Role.class);
    private final int[] separator;
    private final int endOfTurn;
    private final boolean known;

    private ChatTemplate(Tokenizer tokenizer, Form form) {
        this.tokenizer = tokenizer;
        prefix = tokenizer.prefix();
        for (Role role : Role.values()) {
            headers.put(role, form.header.apply(role));
            footers.put(role, form.footer.apply(role));
        }
        separator = form.separator;
        endOfTurn = form.endOfTurn;
        known = form.known;
    }

    public static ChatTemplate of(Tokenizer tokenizer) {
        if (Arrays.stream(SpecialToken.values()).allMatch(token -> tokenizer.hasSpecial(token.spelling()))) {
            return new ChatTemplate(tokenizer, ours(tokenizer));
        }
        return new ChatTemplate(tokenizer, foreign(tokenizer));
    }

    private static Form foreign(Tokenizer tokenizer) {
        if (tokenizer.hasSpecial(CHATML_START) && tokenizer.hasSpecial(CHATML_END)) {
            return chatml(tokenizer);
        }
        if (LLAMA3.stream().allMatch(tokenizer::hasSpecial)) {
            return llama3(tokenizer);
        }
        String template = tokenizer.chatTemplate();
        if (template == null) {
            return plain(tokenizer);
        }
        return ZEPHYR.stream().allMatch(template::contains) ? zephyr(tokenizer) : unknown(tokenizer);
    }

    /** The token by which the assistant closes its reply; generation stops at it and at {@link Tokenizer#endId}. */
    public int endOfTurn() {
        return endOfTurn;
    }

    /**
     * Ends with the marker after which the assistant replies.
     *
     * @throws IllegalArgumentException if there is no message, or the model's template is of no known form
     */
    public int[] prompt(List<Message> messages) {
        TokenBuffer tokens = dialogue(messages);
        tokens.add(header(Role.ASSISTANT), false);
        return tokens.encoded().ids();
    }

    /** The raw text itself, for completions without roles. */
    public int[] prompt(String text) {
        TokenBuffer tokens = new TokenBuffer();
        tokens.add(prefix, false);
        tokens.add(tokenizer.encode(text), false);
        return tokens.encoded().ids();
    }

    /**
     * Every assistant's content and its closing token are actions.
     *
     * @throws IllegalArgumentException if there is no message, or the model's template is of no known form
     */
    public Encoded conversation(List<Message> messages) {
        return dialogue(messages).encoded();
    }

    /** A raw row: the completion and an end token are actions. */
    public Encoded completion(String prompt, String completion) {
        TokenBuffer tokens = new TokenBuffer();
        tokens.add(prompt(prompt), false);
        tokens.add(tokenizer.encode(completion), true);
        tokens.add(new int[] {tokenizer.endId()}, true);
        return tokens.encoded();
    }

    private TokenBuffer dialogue(List<Message> messages) {
        if (messages.isEmpty()) {
            throw new IllegalArgumentException("a dialogue needs at least one message");
        }
        if (!known) {
            throw new IllegalArgumentException(
                    "the model's chat template is of no known form; allowed: ours, ChatML, Llama 3,"
                            + " Zephyr, or none; texts without roles can be continued");
        }
        TokenBuffer tokens = new TokenBuffer();
        tokens.add(prefix, false);
        for (Message message : messages) {
            boolean actions = message.role() == Role.ASSISTANT;
            tokens.add(header(message.role()), false);
            tokens.add(tokenizer.encode(message.content()), actions);
            tokens.add(footers.getOrDefault(message.role(), NOTHING), actions);
            tokens.add(separator, false);
        }
        return tokens;
    }

    private int[] header(Role role) {
        return headers.getOrDefault(role, NOTHING);
    }

    /** @param known whether this is how the model was told to speak */
    private record Form(
            Function<Role, int[]> header, Function<Role, int[]> footer, int[] separator, int endOfTurn, boolean known) {
        Form(Function<Role, int[]> header, Function<Role, int[]> footer, int[] separator, int endOfTurn) {
            this(header, footer, separator, endOfTurn, true);
        }
    }

    private static Form ours(Tokenizer tokenizer) {
        int end = tokenizer.specialId(SpecialToken.END.spelling());
        return new Form(
                role -> new int[] {tokenizer.specialId(marker(role).spelling())},
                role -> new int[] {end},
                NOTHING,
                end);
    }

    private static SpecialToken marker(Role role) {
        return switch (role) {
            case SYSTEM, DEVELOPER -> SpecialToken.SYSTEM;
            case USER, TOOL -> SpecialToken.USER;
            case ASSISTANT -> SpecialToken.ASSISTANT;
        };
    }

    private static Form chatml(Tokenizer tokenizer) {
        int start = tokenizer.specialId(CHATML_START);
        int end = tokenizer.specialId(CHATML_END);
        return new Form(
                role -> {
                    TokenBuffer header = new TokenBuffer();
                    header.add(new int[] {start}, false);
                    header.add(tokenizer.encode(foreignName(role) + "\n"), false);
                    return header.encoded().ids();
                },
                role -> new int[] {end},
                tokenizer.encode("\n"),
                end);
    }

    private static Form llama3(Tokenizer tokenizer) {
        int end = tokenizer.specialId(LLAMA3.get(2));
        return new Form(
                role -> {
                    TokenBuffer header = new TokenBuffer();
                    header.add(new int[] {tokenizer.specialId(LLAMA3.get(0))}, false);
                    header.add(tokenizer.encode(foreignName(role)), false);
                    header.add(new int[] {tokenizer.specialId(LLAMA3.get(1))}, false);
                    header.add(tokenizer.encode("\n\n"), false);
                    return header.encoded().ids();
                },
                role -> new int[] {end},
                NOTHING,
                end);
    }

    private static Form zephyr(Tokenizer tokenizer) {
        int end = tokenizer.endId();
        return new Form(
                role -> tokenizer.encode("<|" + foreignName(role) + "|>\n"),
                role -> new int[] {end},
                tokenizer.encode("\n"),
                end);
    }

    private static Form unknown(Tokenizer tokenizer) {
        return new Form(role -> NOTHING, role -> NOTHING, NOTHING, tokenizer.endId(), false);
    }

    private static Form plain(Tokenizer tokenizer) {
        int end = tokenizer.endId();
        return new Form(
                role -> {
                    String name = foreignName(role);
                    return tokenizer.encode(Character.toUpperCase(name.charAt(0)) + name.substring(1) + ": ");
                },
                role -> role == Role.ASSISTANT ? new int[] {end} : NOTHING,
                tokenizer.encode("\n"),
                end);
    }

    private static String foreignName(Role role) {
        return role == Role.DEVELOPER ? Role.SYSTEM.wireName() : role.wireName();
    }
}
