/** Links and exports. */

import type { Text } from "../en";

export const share: Text["share"] = {
  button: "分享",
  cell: (name) => `分享 ${name}`,
  copyLink: "复制链接",
  copyLinkHelp: "让他人看到相同的热力图",
  copyPython: "复制为 Python",
  copyPythonHelp: "可重新计算此热力图的代码",
  saveMap: "保存热力图",
  saveOverlay: "保存叠加图",
  png: "PNG，每个图像像素对应一个像素",
  savePicture: "保存整页图片",
  savePictureHelp: "PNG，含说明和色标",
  saveLargePicture: "保存两倍精细的图片",
  saveLargePictureHelp: "PNG，用于印刷和幻灯片",
  saveNumbers: "保存数值",
  saveNumbersHelp: "NumPy 的 .npz，含元数据",
  savePage: "保存网页",
  savePageHelp: "可离线打开的 .html，保留显示控件",
  working: "正在处理…",
  copied: "已复制",
  saved: "已保存",
  failed: "操作失败",
  noClipboard: "浏览器不允许此页面写入剪贴板。请从这里复制文本：",
  nothing: "还没有可保存的热力图。请先点击“计算归因”。",
  tooLarge: (width, height) => `图片将有 ${width}×${height} 像素，超出浏览器的绘制能力。请减少样本或缩小图块。`,
  sampleName: (index) => `样本 ${index}`,
  sampleRange: (first, last) => (first === last ? `样本 ${first}` : `样本 ${first}–${last}`),
  foot: (version, date) => `由 attriscope ${version} 于 ${date} 生成`,
  language: "zh-CN",
};
