export { completeness, WIDE_GAP, type Completeness } from "./completeness";
export { enlarge, type Interpolation } from "./enlarge";
export { colourLimit, SIGNS, type Sign } from "./limit";
export { heatMap, isAllZero, type HeatMap } from "./map";
export { decodePicture, type Picture } from "./picture";
export { parseNpy, NpyError, type NpyArray } from "./npy";
export { maskOutline } from "./outline";
export { barEnds, paintStyle, panelSign, panelStyle, type MapPanel, type Underlying } from "./panel";
export {
  normalise,
  paintBar,
  paintHeat,
  paintMasked,
  paintOverlay,
  underlay,
  type BarStyle,
  type Normalisation,
} from "./paint";
export { colourScale, SCALE_IDS, type ColourScale, type ScaleId } from "./scales";
export { formatShare, formatValue } from "./numbers";
export {
  boxBetween,
  countPixels,
  emptyMask,
  encodeMask,
  nudgeBox,
  withBox,
  withStroke,
  type Box,
  type Mask,
  type Point,
} from "./mask";
