export { agreement, TOP_SHARE, type Agreement, type Disagreement } from "./agreement";
export { channelMap, rankChannels, type Channel } from "./channels";
export { completeness, WIDE_GAP, type Completeness } from "./completeness";
export { enlarge, type Interpolation } from "./enlarge";
export { histogram, type Histogram } from "./histogram";
export { colourLimit, SIGNS, type Sign } from "./limit";
export { cellAt, heatMap, isAllZero, type HeatMap } from "./map";
export { decodePicture, type Picture } from "./picture";
export {
  distribution,
  magnitudeRank,
  massOf,
  rectangleShares,
  regionShares,
  spanned,
  type Distribution,
  type Mass,
  type Point,
  type Rectangle,
  type RegionShares,
} from "./mass";
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
export { colourScale, SCALE_IDS, type ColourScale, type Rgb, type ScaleId } from "./scales";
export { formatShare, formatSignedShare, formatValue } from "./numbers";
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
} from "./mask";
export { panned, revealed, WHOLE, zoomed, zoomedAt, type Zoom } from "./zoom";
