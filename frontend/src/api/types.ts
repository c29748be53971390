/** Short names for the server's own schemas. */

import type { components } from "./schema";

type Schemas = components["schemas"];

export type AttributionRequest = Schemas["AttributionRequest"];
export type BaselineDescription = Schemas["BaselineDescription"];
export type CurveInfo = Schemas["CurveInfo"];
export type CurvesInfo = Schemas["CurvesInfo"];
export type Description = Schemas["Description"];
export type EditDraft = Schemas["EditDraft"];
export type Edit = EditDraft["edit"];
export type Erasure = Schemas["Erasure"];
export type EditPredictions = Schemas["EditPredictions"];
export type ErrorBody = Schemas["ErrorBody"];
export type Estimate = Schemas["Estimate"];
export type ExplorerDetail = Schemas["ExplorerDetail"];
export type ExplorerSummary = Schemas["ExplorerSummary"];
export type Explorers = Schemas["Explorers"];
export type Job = Schemas["Job"];
export type JobItem = Schemas["JobItem"];
export type LayerDescription = Schemas["LayerDescription"];
export type MapInfo = Schemas["MapInfo"];
export type MethodDescription = Schemas["MethodDescription"];
export type ModelDescription = Schemas["ModelDescription"];
export type Notice = Schemas["Notice"];
export type PartialEvent = Schemas["PartialEvent"];
export type PythonScript = Schemas["PythonScript"];
export type Region = Schemas["Region"];
export type Prediction = Schemas["Prediction"];
export type RandomisationInfo = Schemas["RandomisationInfo"];
export type ReadingInfo = Schemas["ReadingInfo"];
export type ResultInfo = Schemas["ResultInfo"];
export type Sample = Schemas["Sample"];
export type SampleFeature = Sample["features"][number];
export type FeatureDescription = Schemas["FeatureDescription"];
export type FeatureOf<Kind extends SampleFeature["kind"]> = Extract<SampleFeature, { kind: Kind }>;
export type SamplePage = Schemas["SamplePage"];
export type Smoothing = Schemas["Smoothing"];

export type EvaluationRequest = NonNullable<AttributionRequest["evaluation"]>;
export type ExplorerState = ExplorerSummary["state"];
export type JobState = Job["state"];
export type TargetChoice = AttributionRequest["target"];

export type ServerEvent = Schemas["EventPayload"];
export type Fill = Erasure["fill"];
export type Form = NonNullable<FeatureDescription["form"]>;
export type FormOf<Kind extends Form["kind"]> = Extract<Form, { kind: Kind }>;
