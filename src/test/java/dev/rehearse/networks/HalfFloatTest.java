package dev.rehearse.networks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class HalfFloatTest {
    /** IEEE 754-2019, section 3.4, with p = 11 and emax = 15: (−1)^S · 2^e · m. */
    private static double byDefinition(int bits) {
        double sign = (bits & 0x8000) == 0 ? 1 : -1;
        int exponent = bits / 1024 % 32;
        double fraction = bits % 1024 / 1024.0;
        if (exponent == 31) {
            return fraction == 0 ? sign * Double.POSITIVE_INFINITY : Double.NaN;
        }
        return exponent == 0 ? sign * Math.pow(2, -14) * fraction : sign * Math.pow(2, exponent - 15) * (1 + fraction);
    }

    @Test
    void everyHalfIsWidenedToTheNumberThatTheStandardDefines() {
        for (int bits = 0; bits < 65_536; bits++) {
            float expected = (float) byDefinition(bits);
            float actual = HalfFloat.toFloat((short) bits);
            // Bits, so that the sign of zero counts; all NaN are one.
            assertEquals(
                    Float.floatToIntBits(expected), Float.floatToIntBits(actual), "half " + Integer.toHexString(bits));
        }
    }

    @Test
    void aNanKeepsItsSignAndPayload() {
        int bits = Float.floatToRawIntBits(HalfFloat.toFloat((short) 0xfe01));
        assertEquals(0xffc02000, bits);
        assertTrue(Float.isNaN(Float.intBitsToFloat(bits)));
    }
}
