export { Explainer, explainFrames, type ExplainOptions } from "./explain-frames.ts";
export { describeAnswer, describeRequest, type DescribedMessage } from "./message.ts";
export { meaningOfDid } from "./fields.ts";
export { describeBytes } from "./text.ts";
