/**
 * Every word of the HMI in English; `{name}` stands for a value. Another language is another file of this shape.
 * Order of a text: what, why, what now. No sentence is longer than 120 characters with its values in place.
 */
export const en = {
  locale: "en-GB",
  title: "Software update",

  /** The same words as on the operator's console. */
  status: {
    upToDate: "Up to date",
    offered: "Update available",
    scheduled: "Scheduled",
    updating: "{step}, step {n} of 9",
    safeState: "Waiting for safe state",
    succeeded: "Succeeded",
    rolledBack: "Rolled back",
    failedSafe: "Failed, safe to drive",
    failed: "Failed",
    declined: "Declined",
    expired: "Offer ended",
    offline: "Offline",
    loading: "Reading the vehicle",
    silent: "Gateway silent since {time}",
  },

  /** The nine steps, the same words everywhere. */
  step: {
    offer: "Offer",
    plan: "Plan",
    download: "Download",
    verify: "Verify",
    patch: "Patch",
    flash: "Flash",
    activate: "Activate",
    confirm: "Confirm",
    report: "Report",
  },

  rail: {
    label: "Update steps",
    idle: "No update running",
    complete: "All 9 steps done",
    count: "Step {n} of 9",
  },

  unit: {
    asking: "Asking",
    silent: "No answer",
    unchanged: "No change",
    planned: "{from} to {to}",
    plannedNew: "New: {to}",
    ready: "Ready",
    waiting: "Waiting",
    next: "Next",
    downloading: "Loading",
    loaded: "Loaded",
    patching: "Preparing",
    flashing: "Writing",
    percent: "{percent} %",
    installed: "Installed",
    onTrial: "On trial",
    failed: "Failed",
    unknown: "Version unknown",
  },

  loading: {
    headline: "One moment",
    text: "Asking every control unit for its version. This takes up to 10 seconds.",
  },
  unreachable: {
    headline: "No answer from the gateway",
    text: "The vehicle works as before. This page tries again by itself.",
  },

  idle: {
    headline: "Nothing to install",
    text: "Every control unit runs the software meant for it. Last checked {when}.",
    never: "Updates are looked for by themselves. You can also check now.",
    offline: "There is no connection, so updates cannot be looked for. Last checked {when}.",
    offlineNever: "There is no connection, so updates cannot be looked for. The next try comes by itself.",
  },

  offer: {
    text: "{release} brings new software for {units}.",
    textMany: "{release} brings new software for {n} control units.",
    forcedText: "It installs by itself {when} at the latest, once the car is parked.",
    duration: ["About {duration}", "car stays parked"],
    units: ["{n} of {all} units", "get new software"],
    undo: ["Old version kept", "returns if one fails"],
  },

  scheduled: {
    headline: "Installs {when}",
    text: "Leave the car parked then. It starts by itself and takes about {duration}.",
  },

  waiting: {
    ready: ["About to start", "Everything is as it must be. The installation begins by itself."],
    parked: ["Park the car", "Shift to P and set the parking brake. The update then starts by itself."],
    ignitionOff: [
      "Switch the ignition off",
      "You can get out and lock the doors. The update then starts by itself.",
    ],
    minStateOfChargePercent: [
      "Charge the battery",
      "It has {found} % and the update needs {wanted} %. Connect a charger. The update then starts by itself.",
    ],
    minBatteryVolts: [
      "Charge the 12-volt battery",
      "It has {found} V and the update needs {wanted} V. Connect a charger. The update then starts by itself.",
    ],
    charging: ["Connect a charger", "The update needs the vehicle to charge. It then starts by itself."],
    minTemperatureC: [
      "Too cold",
      "It is {found} °C and the update needs {wanted} °C. It starts by itself when it is warmer.",
    ],
    maxTemperatureC: [
      "Too hot",
      "It is {found} °C and the update needs {wanted} °C at most. It starts by itself when it is cooler.",
    ],
    timeWindow: ["Waits for its time", "It starts by itself between {wanted}."],
    unmeasured: "The vehicle does not tell this value yet. The update starts by itself when it does.",
  },
  condition: {
    parked: ["In park", "Not in park"],
    ignitionOff: ["Ignition off", "Ignition on"],
    minStateOfChargePercent: ["Battery at {found} %", "Battery at {found} %"],
    minBatteryVolts: ["12-volt at {found} V", "12-volt at {found} V"],
    charging: ["Charging", "Not charging"],
    minTemperatureC: ["{found} °C outside", "{found} °C outside"],
    maxTemperatureC: ["{found} °C outside", "{found} °C outside"],
    timeWindow: ["It is {found}", "It is {found}"],
    unmeasured: {
      minStateOfChargePercent: "Battery unknown",
      minBatteryVolts: "12-volt unknown",
      charging: "Charger unknown",
      minTemperatureC: "Temperature unknown",
      maxTemperatureC: "Temperature unknown",
      timeWindow: "Time unknown",
    },
  },

  progress: {
    offer: ["You can drive", "An update was found. What it contains is being read."],
    plan: ["You can drive", "The order of the control units is being worked out."],
    download: ["You can drive", "The software is loading. Nothing changes in the car yet."],
    verify: ["You can drive", "Signature and content are being checked."],
    patch: ["You can drive", "The new software is being prepared. Nothing changes in the car yet."],
    flash: ["Do not switch off", "The control units are being written. You can get out and lock the doors."],
    activate: [
      "Do not switch off",
      "Every unit starts the new software on trial. You can get out and lock the doors.",
    ],
    confirm: [
      "Do not switch off",
      "Every unit checks itself. Then all keep the new software, or all go back.",
    ],
    report: ["Almost done", "The control units are finished. The result is being sent."],
    one: "Installing {name}, {n} of {all}. You can get out and lock the doors.",
    several: "Installing {n} control units at once. You can get out and lock the doors.",
    left: "about {duration} left",
    label: "Update",
    spoken: "{percent} percent",
    spokenLeft: "{percent} percent, {left}",
    bytes: "{received} of {total}",
  },

  paused: {
    headline: "Download paused",
    text: "There is no connection here. {bytes} are stored. The rest loads when it is back.",
    textUnknown: "There is no connection here. The rest loads by itself when it is back.",
  },

  succeeded: {
    headline: "Ready to drive",
    text: "{release} is installed. {headline}.",
    textShort: "{release} is installed.",
    duration: ["{duration}", "{from} to {to}"],
    units: ["{n} of {n} units", "all checked"],
  },
  reported: ["Report sent", "nothing left to do"],
  unreported: ["Report waits", "sent when online"],

  rolledBack: {
    headline: "Not installed. Safe to drive.",
    oldRuns: "Every unit runs its old software again.",
    same: ["Same as before", "nothing was lost"],
  },
  failedSafe: {
    headline: "Not installed. Safe to drive.",
    oldRuns: "Every unit runs the software it had before.",
  },
  /** Why, in the driver's words; the exact sentence and code are in the details. */
  why: {
    offer: "The update could not be read.",
    plan: "The update is not one this car can trust.",
    consent: "The update was not agreed to.",
    download: "The software could not be loaded.",
    verify: "The software is not what was signed.",
    patch: "The new software could not be prepared.",
    readiness: "The car was not in a safe state in time.",
    flash: "{name} could not be written.",
    activate: "{name} did not start the new software.",
    confirm: "{name} did not start the new software.",
    report: "The update stopped unexpectedly.",
    someUnit: "A control unit",
  },

  lost: {
    headline: "Do not drive",
    text: "{name} does not answer. Neither the new nor the old software starts.",
    call: ["Call assistance", "and say the code"],
  },
  declined: {
    headline: "Nothing is installed",
    text: "You chose not to install {release}. It can be offered again later.",
  },
  expired: {
    headline: "Nothing is installed",
    text: "Nobody answered before the offer ended. It can be made again later.",
  },

  driving: {
    offer: ["Park to see the update", "Nothing is installed while you drive."],
    result: ["Park to see the result", "Nothing is installed while you drive."],
    nothing: ["Nothing to do", "No update is waiting. Nothing is installed while you drive."],
    installing: ["Stop where it is safe", "Software is being installed. Do not switch off."],
    lost: ["Stop where it is safe", "{name} does not answer. Call assistance."],
  },

  action: {
    now: "Install now",
    tonight: "Tonight, {time}",
    later: "{day}, {time}",
    decline: "Not now",
    cancel: "Cancel",
    check: "Check now",
    checkAgain: "Check again",
    tryNow: "Try now",
    acknowledge: "Done",
    changes: "What changes",
    changed: "What changed",
    details: "Technician details",
    call: "Call assistance",
    close: "Close",
  },

  top: {
    gear: "Gear",
    volts: "{volts} V",
    supply: "12-volt supply",
    online: "Online",
    offline: "Offline",
    noGateway: "No gateway",
  },

  units: { label: "Control units" },
  details: {
    notes: "What changes",
    noNotes: "This release has no notes.",
    technician: "For technicians",
    release: "Release",
    job: "Job",
    attempt: "attempt {n}",
    stage: "Stage",
    since: "{stage} since {time}",
    download: "Downloaded",
    transport: {
      title: "Transfer",
      full: "{name}: full image, {bytes} bytes on the bus, about {time}",
      gateway: "{name}: delta applied in the gateway, {bytes} bytes on the bus, about {time}",
      ecu: "{name}: delta applied in the unit, {bytes} bytes on the bus, about {time}",
      compressedGateway:
        "{name}: compressed image unpacked in the gateway, {bytes} bytes on the bus, about {time}",
      compressedEcu: "{name}: compressed image unpacked in the unit, {bytes} bytes on the bus, about {time}",
    },
    bytes: "{received} of {total} bytes",
    failure: "Failure",
    help: "What helps",
    unit: "Control unit",
    serial: "Serial",
    hardware: "Hardware",
    version: "Version",
    lastCheck: "Last checked",
    never: "never",
  },

  when: {
    today: "at {time}",
    tonight: "tonight at {time}",
    tomorrow: "tomorrow at {time}",
    day: "on {day} at {time}",
  },
  duration: { seconds: "{n} s", minutes: "{n} min", hours: "{h} h {n} min" },
  list: { and: "{first} and {last}" },
} as const;

type Words<T> = { readonly [K in keyof T]: T[K] extends string ? string : Words<T[K]> };

/** The shape that each language fills. */
export type Texts = Words<typeof en>;
