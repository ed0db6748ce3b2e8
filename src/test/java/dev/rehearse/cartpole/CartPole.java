package dev.rehearse.cartpole;

import java.util.random.RandomGenerator;

/**
 * A pole on a cart that is pushed left or right: Barto, Sutton and Anderson 1983, "Neuronlike adaptive elements that can
 * solve difficult learning control problems", equations of the appendix without friction, with the constants and the
 * limits of Gymnasium's {@code CartPole-v1}. One reward per step. Confined to one thread.
 */
final class CartPole {
    static final int LEFT = 0;
    static final int RIGHT = 1;
    static final int LONGEST = 500;

    private static final double GRAVITY = 9.8;
    private static final double CART_MASS = 1.0;
    private static final double POLE_MASS = 0.1;
    private static final double TOTAL_MASS = CART_MASS + POLE_MASS;
    private static final double HALF_LENGTH = 0.5;
    private static final double FORCE = 10;
    private static final double SECONDS_PER_STEP = 0.02;
    private static final double FARTHEST = 2.4;
    private static final double STEEPEST = 12 * Math.PI / 180;

    private final RandomGenerator random;
    private double x;
    private double speed;
    private double angle;
    private double spin;
    private int steps;

    CartPole(RandomGenerator random) {
        this.random = random;
        reset();
    }

    /** Starts an episode: each number uniform in [−0.05, 0.05). */
    void reset() {
        x = random.nextDouble(-0.05, 0.05);
        speed = random.nextDouble(-0.05, 0.05);
        angle = random.nextDouble(-0.05, 0.05);
        spin = random.nextDouble(-0.05, 0.05);
        steps = 0;
    }

    /** Puts the cart somewhere. */
    void set(double position, double velocity, double poleAngle, double poleVelocity) {
        x = position;
        speed = velocity;
        angle = poleAngle;
        spin = poleVelocity;
    }

    /** One explicit Euler step under a push. */
    void step(int action) {
        double force = action == RIGHT ? FORCE : -FORCE;
        double cos = Math.cos(angle);
        double sin = Math.sin(angle);
        double pushed = (force + POLE_MASS * HALF_LENGTH * spin * spin * sin) / TOTAL_MASS;
        double angular =
                (GRAVITY * sin - cos * pushed) / (HALF_LENGTH * (4.0 / 3 - POLE_MASS * cos * cos / TOTAL_MASS));
        double linear = pushed - POLE_MASS * HALF_LENGTH * angular * cos / TOTAL_MASS;
        x += SECONDS_PER_STEP * speed;
        speed += SECONDS_PER_STEP * linear;
        angle += SECONDS_PER_STEP * spin;
        spin += SECONDS_PER_STEP * angular;
        steps++;
    }

    boolean fell() {
        return Math.abs(x) > FARTHEST || Math.abs(angle) > STEEPEST;
    }

    /** Cut off, which is not an end: what follows would have been worth something. */
    boolean cutOff() {
        return !fell() && steps >= LONGEST;
    }

    /** Position in m, velocity in m/s, angle in rad, angular velocity in rad/s. */
    double[] observation() {
        return new double[] {x, speed, angle, spin};
    }
}
