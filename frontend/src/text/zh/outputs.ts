/** Outputs that are maps, functions of the output, several labels, and what inputs are compared with. */

import type { Region } from "../../api/types";
import type { Text } from "../en";
import { quoted } from "./words";

function place({ left, top, right, bottom }: Region): string {
  const span = (word: string, low: number, high: number): string =>
    low === high ? `第 ${low} ${word}` : `第 ${low}–${high} ${word}`;
  return `${span("列", left, right - 1)}、${span("行", top, bottom - 1)}`;
}

export const outputs: Text["outputs"] = {
  place,
  inRegion: (what, region) => `${what}（${place(region)}）`,
  explainsRegion: (what, region) =>
    region === null ? `${what}，在整个输出图上取平均` : `${what}，在输出图的${place(region)}取平均`,
  explainsFunction: (name) => `解释${quoted(name)}，即模型输出的一个函数`,
  functionValue: (name) => quoted(name),
  functions: "输出的函数",
  value: "输出值",
  functionHelp: "该浏览器声明的模型输出函数",
  mapHelp: "在类别图上点击或拖动，即可解释该处的类别。",
  everywhere: "整个输出图",
  region: (region) => `在输出图的${place(region)}`,
  share: "占输出图的比例",

  classMap: "类别",
  classMapOf: (model) => `${model} 在各处判定的类别`,
  surface: "选择类别图上的位置：方向键移动，Shift 加方向键画出区域，回车键解释",
  classMapFailed: "无法加载类别图。",
  click: "点击一处，或拖动选出区域，即可解释其类别。",

  reach: (n, of, threshold) => `${of} 个类别中有 ${n} 个达到 ${threshold}`,
  reaches: "预测为有",

  several: "对多个基线取平均",
  averaged: (n) => `热力图为 ${n} 个基线的平均，耗时为 ${n} 倍。`,
  tooMany: (n, most) => `将对 ${n} 个基线取平均；最多 ${most} 个。`,
  oneSample: "某个样本",
  firstSamples: "前若干样本",
  sampleNumber: "样本编号",
  sampleCount: "个数",
  sample: (n) => `样本 ${n}`,
  samples: (n) => `样本 0–${n - 1}`,
  sampleHelp: "以数据集中的该样本代替当前样本。",
  samplesHelp: "依次取数据集的前若干样本，并对热力图取平均。",
  baselineOf: (input) => `${input}的基线`,
  baselineFor: (input, names) => `${input}：${names}`,
  mean: (names) => `${names}基线的平均`,
  meanOutput: (what, baseline, n, image) => `${what}在 ${n} 个基线上平均为 ${baseline}，在样本上为 ${image}。`,
};
