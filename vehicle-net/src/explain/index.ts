export { Explainer, explainFrames, type ExplainOptions } from "./explain-frames.ts";
export { describeAnswer, describeRequest, type DescribedMessage } from "./message.ts";
