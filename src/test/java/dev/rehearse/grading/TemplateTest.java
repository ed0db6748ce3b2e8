package dev.rehearse.grading;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TemplateTest {
    private static final Sample REPLY =
            new Sample("{\"name\": \"Ada\", \"born\": 1815, \"ratio\": 1.0, \"tags\": [\"<b>\", null]}");

    @Test
    void fillsHolesAndKeepsTheTextAround() {
        assertEquals(
                "Q: 6*7? A: forty-two!",
                render(
                        "Q: {{ item.question }} A: {{item.answers[1].text}}!",
                        Map.of(
                                "question",
                                "6*7?",
                                "answers",
                                new Gson().fromJson("[{}, {\"text\": \"forty-two\"}]", Object.class))));
    }

    @Test
    void rendersTheReplyAsItIs() {
        assertEquals(REPLY.outputText(), render("{{sample.output_text}}", Map.of()));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "sample.output_json.name | Ada",
                "sample.output_json.born | 1815",
                "sample.output_json.ratio | 1.0",
                "sample.output_json.tags[0] | <b>",
                "sample.output_json.tags[1] | null",
                "sample.output_json.tags | [\"<b>\",null]"
            })
    void readsIntoAReplyThatIsJson(String variable, String expected) {
        assertEquals(expected, render("{{ " + variable + " }}", Map.of()));
    }

    @Test
    void startsAtAnIndexWhenTheReplyIsAList() {
        assertEquals("2", Template.parse("{{ sample.output_json[1] }}").render(Map.of(), new Sample("[1, 2]")));
    }

    @Test
    void rendersWhatIsNoStringAsJson() {
        Map<String, Object> item = new HashMap<>(Map.of("n", 3, "x", 0.5, "yes", true, "map", Map.of("k", "v")));
        item.put("none", null);
        assertEquals(
                "3 0.5 true {\"k\":\"v\"} null",
                render("{{item.n}} {{item.x}} {{item.yes}} {{item.map}} {{item.none}}", item));
    }

    @Test
    void takesClosingBracesOutsideAHoleAsText() {
        assertEquals("{\"a\":{\"b\":1}}", render("{\"a\":{\"b\":{{item.n}}}}", Map.of("n", 1)));
    }

    @Test
    void doesNotExpandWhatAValueContains() {
        assertEquals("{{ item.b }}", render("{{ item.a }}", Map.of("a", "{{ item.b }}", "b", "secret")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{{",
                "{{ item.a",
                "{{ item.a }",
                "{{}}",
                "{{ item }}",
                "{{ item. }}",
                "{{ item..a }}",
                "{{ item.a b }}",
                "{{ item.a[x] }}",
                "{{ item.a[-1] }}",
                "{{ item.a[9999999999] }}",
                "{{ item[0] }}",
                "{{ items.a }}",
                "{{ {item.a} }}",
                "{{ sample }}",
                "{{ sample.text }}",
                "{{ sample.output_texts }}",
                "{{ sample.output_text.a }}",
                "{{ model.name }}"
            })
    void refusesAHoleThatIsNoVariable(String source) {
        assertThrows(IllegalArgumentException.class, () -> Template.parse(source));
    }

    @Test
    void saysWhichVariableIsWrongAndWhatIsAllowed() {
        String message = assertThrows(IllegalArgumentException.class, () -> Template.parse("{{ row.a }}"))
                .getMessage();
        assertEquals(
                "'{{ row.a }}' is not a variable; expected item.<name>, sample.output_text or sample.output_json, with"
                        + " further .<name> or [<index>] after item and output_json",
                message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"item.missing", "item.text.deeper", "item.text[0]", "item.list[2]", "item.list.name"})
    void namesAVariableThatTheRowDoesNotHave(String variable) {
        Map<String, Object> item = Map.of("text", "x", "list", Collections.nCopies(2, 1));
        UnknownVariable failure = assertThrows(UnknownVariable.class, () -> render("{{ " + variable + " }}", item));
        assertTrue(failure.getMessage().contains(variable), failure::getMessage);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "  ", "not json", "{\"a\":1} trailing", "{'a':1}", "{a:1}", "[1,]", "NaN"})
    void refusesToReadIntoAReplyThatIsNotJson(String reply) {
        Template template = Template.parse("{{ sample.output_json }}");
        assertThrows(SampleNotJson.class, () -> template.render(Map.of(), new Sample(reply)));
    }

    @Test
    void refusesAReplyNestedTooDeepInsteadOfOverflowingTheStack() {
        Template template = Template.parse("{{ sample.output_json }}");
        Sample deep = new Sample("[".repeat(100_000) + "]".repeat(100_000));
        assertThrows(SampleNotJson.class, () -> template.render(Map.of(), deep));
    }

    @Test
    void rendersUpToTheLimitAndNoFurther() {
        String longest = "x".repeat(Template.MAX_RENDERED_LENGTH);
        assertEquals(longest, render("{{ item.a }}", Map.of("a", longest)));
        assertThrows(TextTooLong.class, () -> render("{{ item.a }}!", Map.of("a", longest)));
    }

    @Test
    void equalsATemplateOfTheSameSource() {
        assertEquals(Template.parse("{{ item.a }}"), Template.parse("{{ item.a }}"));
    }

    private static String render(String source, Map<String, ?> item) {
        return Template.parse(source).render(item, REPLY);
    }
}
