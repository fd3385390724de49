/**
 * MQTT topics between cloud and vehicle. A wake-up carries nothing that is trusted: an empty message on a
 * vehicle's own topic that means "ask now".
 */
export const wakeUpTopic = (vehicleId: string): string => `halfshaft/v1/vehicles/${vehicleId}/wake-up`;

/** Batches of events, as `POST /api/v1/device/events` takes them: QoS 1, acknowledged once they are stored. */
export const eventsTopic = (vehicleId: string): string => `halfshaft/v1/vehicles/${vehicleId}/events`;

/** `online` or, as the last will, `offline`; retained. */
export const presenceTopic = (vehicleId: string): string => `halfshaft/v1/vehicles/${vehicleId}/presence`;
