package dev.rehearse.replay;

/** The parts of a snapshot, in the order they are written. Immutable; the tags are the format. */
enum Segment {
    SETTINGS(0x52455031),
    COUNTERS(0x434f554e),
    RANDOM(0x52414e44),
    LIMITER(0x4c494d49),
    INDEX(0x494e4458),
    EPISODES(0x45504953),
    PRIORITIES(0x5052494f);

    private final int tag;

    Segment(int tag) {
        this.tag = tag;
    }

    int tag() {
        return tag;
    }
}
