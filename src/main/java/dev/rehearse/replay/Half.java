package dev.rehearse.replay;

/**
 * IEEE 754 binary16, which Java 17 does not have: 11 bits of precision, so a relative error of at most 2⁻¹¹ between
 * 2⁻¹⁴ and 65,504. Finite numbers only. Stateless.
 */
final class Half {
    private static final float LARGEST = 65_504f;
    /** binary16 has an exponent bias of 15 and binary32 of 127: scaling by 2¹¹² makes the bit patterns line up. */
    private static final float SCALE = 0x1p112f;

    private Half() {}

    /** The nearest half, ties to even; what is out of range becomes the largest. */
    static short of(float value) {
        float magnitude = Math.min(Math.abs(value), LARGEST) * (1 / SCALE);
        int bits = Float.floatToRawIntBits(magnitude);
        int rounded = (bits + 0xfff + ((bits >>> 13) & 1)) >>> 13;
        return (short) (Float.floatToRawIntBits(value) >>> 31 << 15 | rounded);
    }

    static float toFloat(short half) {
        float magnitude = Float.intBitsToFloat((half & 0x7fff) << 13) * SCALE;
        return half < 0 ? -magnitude : magnitude;
    }
}
