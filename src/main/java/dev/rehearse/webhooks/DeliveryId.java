package dev.rehearse.webhooks;

import dev.rehearse.web.FreshId;

/** Names a delivery: {@code whd_…}. Immutable. */
record DeliveryId(String value) {
    static DeliveryId fresh() {
        return new DeliveryId(FreshId.withPrefix("whd_"));
    }

    @Override
    public String toString() {
        return value;
    }
}
