/**
 * MQTT topics between cloud and vehicle. A wake-up carries nothing that is trusted: an empty message on a
 * vehicle's own topic that means "ask now".
 */
export const wakeUpTopic = (vehicleId: string): string => `halfshaft/v1/vehicles/${vehicleId}/wake-up`;

/** `online` or, as the last will, `offline`; retained. */
export const presenceTopic = (vehicleId: string): string => `halfshaft/v1/vehicles/${vehicleId}/presence`;
