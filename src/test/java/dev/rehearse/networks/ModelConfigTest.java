package dev.rehearse.networks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ModelConfigTest {
    private static JsonObject config() {
        return Gpt2.of(50, 32, 16, 2, 4).toConfig(3);
    }

    private static String refusal(JsonObject config) {
        return assertThrows(InvalidModelException.class, () -> Architecture.fromConfig(config))
                .getMessage();
    }

    @Test
    void whatIsWrittenIsReadAgain() {
        Gpt2 unusual = new Gpt2(50, 32, 16, 2, 4, 1e-6, true, false);
        assertEquals(unusual, Architecture.fromConfig(unusual.toConfig(3)));
        assertEquals(Gpt2.of(50, 32, 16, 2, 4), Architecture.fromConfig(config()));
    }

    @Test
    void whatHuggingFaceLeavesOutHasItsDefault() {
        JsonObject config = config();
        config.remove("layer_norm_epsilon");
        config.remove("activation_function");
        config.remove("tie_word_embeddings");
        assertEquals(Gpt2.of(50, 32, 16, 2, 4), Architecture.fromConfig(config));
    }

    @ParameterizedTest
    @ValueSource(strings = {"model_type", "vocab_size", "n_positions", "n_embd", "n_layer", "n_head"})
    void aMissingKeyIsNamed(String key) {
        JsonObject config = config();
        config.remove(key);
        assertTrue(refusal(config).startsWith("config.json: " + key + " is null"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"gelu_new", "gelu_pytorch_tanh"})
    void theTanhFormOfGeluHasTwoNames(String name) {
        JsonObject config = config();
        config.addProperty("activation_function", name);
        assertEquals(Gpt2.of(50, 32, 16, 2, 4), Architecture.fromConfig(config));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "lstm_seq2seq | hidden_size | 15",
                "lstm_seq2seq | hidden_size | null",
                "lstm_seq2seq | num_hidden_layers | 0",
                "lstm_seq2seq | attention | \"luong\"",
                "lstm_seq2seq | max_position_embeddings | 1e12",
                "conv_seq2seq | kernel_size | 4",
                "conv_seq2seq | kernel_size | 257",
                "conv_seq2seq | kernel_size | 0",
                "conv_seq2seq | encoder_layers | 1025",
                "conv_seq2seq | decoder_layers | null",
                "conv_seq2seq | vocab_size | -5",
            })
    void encodersAndDecodersRefuseByTheirKeysToo(String type, String key, String value) {
        Architecture shape = type.equals("lstm_seq2seq")
                ? new LstmSeq2Seq(50, 32, 16, 2, true)
                : new ConvSeq2Seq(50, 32, 16, 2, 2, 3);
        JsonObject config = shape.toConfig(3);
        assertEquals(type, config.get("model_type").getAsString());
        assertEquals(shape, Architecture.fromConfig(config));
        config.add(key, JsonParser.parseString(value));
        String message = refusal(config);
        assertTrue(message.startsWith("config.json: ") && message.contains(key), message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "model_type | \"mamba\"",
                "model_type | []",
                "model_type | null",
                "vocab_size | 0",
                "vocab_size | -1",
                "vocab_size | 2.5",
                "vocab_size | 4294967298",
                "vocab_size | 16777217",
                "vocab_size | 1e99",
                "vocab_size | \"many\"",
                "vocab_size | null",
                "n_positions | [32]",
                "n_positions | {}",
                "n_embd | true",
                "n_embd | 18",
                "n_head | 3",
                "n_layer | 18446744073709551618",
                "layer_norm_epsilon | \"small\"",
                "layer_norm_epsilon | []",
                "layer_norm_epsilon | -1",
                "layer_norm_epsilon | 1e999",
                "activation_function | \"relu\"",
                "activation_function | 1",
                "tie_word_embeddings | \"yes\"",
                "tie_word_embeddings | 1",
                "tie_word_embeddings | []",
                "scale_attn_weights | false",
                "scale_attn_by_inverse_layer_idx | true",
                "add_cross_attention | true",
            })
    void aValueThatIsNotSupportedIsRefusedByItsKey(String key, String value) {
        JsonObject config = config();
        config.add(key, JsonParser.parseString(value));
        String message = refusal(config);
        assertTrue(message.startsWith("config.json: ") && message.contains(key), message);
    }
}
