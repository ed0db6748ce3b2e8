package dev.rehearse.networks;

import java.util.Arrays;

/** Flat row-major arrays to arrays of rows. */
final class Reshape {
    private Reshape() {}

    static int[][] rows(int[] flat, int rows) {
        int width = flat.length / rows;
        int[][] reshaped = new int[rows][];
        for (int i = 0; i < rows; i++) {
            reshaped[i] = Arrays.copyOfRange(flat, i * width, (i + 1) * width);
        }
        return reshaped;
    }

    static float[][] rows(float[] flat, int rows) {
        int width = flat.length / rows;
        float[][] reshaped = new float[rows][];
        for (int i = 0; i < rows; i++) {
            reshaped[i] = Arrays.copyOfRange(flat, i * width, (i + 1) * width);
        }
        return reshaped;
    }
}
