package dev.rehearse.networks;

/** IEEE 754 binary16 to binary32; {@code Float.float16ToFloat} exists from Java 20 on. */
final class HalfFloat {
    private HalfFloat() {}

    static float toFloat(short half) {
        int sign = (half & 0x8000) << 16;
        int exponent = (half >> 10) & 0x1f;
        int fraction = half & 0x3ff;
        if (exponent == 0x1f) {
            return Float.intBitsToFloat(sign | 0x7f800000 | fraction << 13);
        }
        if (exponent == 0) {
            return Math.copySign(fraction * 0x1p-24f, Float.intBitsToFloat(sign));
        }
        return Float.intBitsToFloat(sign | (exponent + 112) << 23 | fraction << 13);
    }

    /** Rounds to nearest, ties to even; too large becomes infinite. */
    static short fromFloat(float number) {
        int bits = Float.floatToRawIntBits(number);
        int sign = bits >>> 16 & 0x8000;
        int exponent = (bits >>> 23 & 0xff) - 112;
        int fraction = bits & 0x7fffff;
        if (exponent == 0xff - 112) {
            return (short) (sign | 0x7c00 | fraction >>> 13 | (fraction != 0 && fraction >>> 13 == 0 ? 1 : 0));
        }
        if (exponent <= 0) {
            return (short) (sign | (int) Math.rint(Math.abs(number) * 0x1p24));
        }
        int rounded = (exponent << 10 | fraction >>> 13) + (roundsUp(fraction) ? 1 : 0);
        return (short) (sign | Math.min(rounded, 0x7c00));
    }

    private static boolean roundsUp(int fraction) {
        int lost = fraction & 0x1fff;
        return lost > 0x1000 || (lost == 0x1000 && (fraction & 0x2000) != 0);
    }
}
