package dev.rehearse.networks;

/** What the networks' tests run on: the processor, or what {@code -Drehearse.device} names. */
final class TestDevice {
    private TestDevice() {}

    static Device open() {
        return Device.open(System.getProperty("rehearse.device", "cpu"));
    }
}
