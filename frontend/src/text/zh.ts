/** Every word of the interface, in Simplified Chinese. */

import type { Text } from "./en";
import phrases from "./phrases.zh.json";
import sentences from "./sentences.zh.json";
import { columns } from "./zh/columns";
import { faithfulness } from "./zh/faithfulness";
import { features } from "./zh/features";
import { detail, mapText, present, shortcuts } from "./zh/looking";
import { edit, own } from "./zh/own";
import { share } from "./zh/share";
import { layers } from "./zh/layers";
import { outputs } from "./zh/outputs";
import { target } from "./zh/target";
import { quoted } from "./zh/words";

/** What is counted, by the title of the argument that counts it. */
const COUNTED: Readonly<Record<string, string>> = {
  步数: "步",
  样本数: "个样本",
  顺序数: "个顺序",
};

const rather = (name: string, rival: string | null): string =>
  rival === null ? quoted(name) : target.rather(quoted(name), quoted(rival));

export const zh: Text = {
  name: "attriscope",
  title: (explorer) => `${explorer} · attriscope`,
  tagline: "看清 PyTorch 模型的预测依据",
  skipToSamples: "跳到样本",
  close: "关闭",
  retry: "重试",
  details: "详情",

  language: "语言",
  languageMissing: (name) => `无法加载 ${name}，页面仍使用中文。请重试，或重新加载页面。`,
  separator: "，",
  clauses: "；",
  sentences,
  phrases,

  theme: { switchTo: { light: "切换到浅色主题", dark: "切换到深色主题" } },
  device: (device) => `模型运行在 ${device} 上`,
  explorer: "浏览器",
  chooser: {
    choose: "选择浏览器",
    unknown: (id) => `此服务器上没有浏览器${quoted(id)}。`,
    states: {
      unloaded: "打开时启动",
      loading: "正在加载…",
      ready: "就绪",
      recovering: "正在重新启动…",
      failed: "失败",
    },
    busy: "正在计算归因…",
  },
  reload: {
    button: "重新加载浏览器的文件和模型",
    failed: "无法重新加载浏览器。",
    dismiss: "关闭提示",
  },

  connection: {
    connecting: "正在连接…",
    open: "已连接",
    lost: "与服务器的连接已断开，正在重试…",
    unauthorised: "会话已结束。请打开 attriscope 启动时显示的链接。",
  },

  explorerState: {
    loading: "正在加载模型…",
    loadingHint: "首次启动需要几秒钟：正在导入 PyTorch 并读取权重。",
    reloading: "正在重新加载模型。已有的热力图会保留。",
    recovering: "模型进程已停止，正在重新启动。已有的热力图会保留。",
    failed: "无法启动浏览器。",
    stopped: "浏览器已停止。已有的热力图会保留；重新运行后才能计算新的热力图。",
    none: "此服务器没有提供浏览器。",
    noMethods: "此浏览器没有提供归因方法。",
    unmet: {
      explorer: (wanted, shown) => `此处没有名为“${wanted}”的浏览器：当前为 ${shown}。`,
      model: (wanted, shown) => `此处没有名为“${wanted}”的模型：改为显示 ${shown}。`,
      method: (wanted, shown) => `此处没有名为“${wanted}”的方法：改为显示 ${shown}。`,
    },
  },

  settings: {
    title: "设置",
    open: "设置",
    model: "模型",
    models: "模型",
    parameters: (n) => `${n} 个参数`,
    outputs: (n) => `${n} 个输出`,
    method: "方法",
    preset: "预设",
    presetNone: "请选择…",
    noMethod: "没有此名称的方法",
    about: (method) => `关于 ${method}`,
    limitations: "局限",
    references: "参考文献",
    deviations: "与 Captum 的差异",
    arguments: "参数",
    advanced: "更多参数",
    fewer: "收起参数",
    resetArguments: "重置",
    noNumber: (typed, used) => `“${typed}”不是数字${used === null ? "" : `：将使用 ${used}`}。`,
    bounds: (low, high) =>
      low !== null && high !== null
        ? `${low} 到 ${high}`
        : low !== null
          ? `至少 ${low}`
          : high !== null
            ? `至多 ${high}`
            : "",
    layer: "层",
    layerOf: (model) => `${model} 的层`,
    wholeModel: "（整个模型）",
    target: "目标类别",
    targetNone: "此方法解释层本身，与类别无关。",
    targetHelp: "点击样本旁的类别，即可改为解释该类别。",
    targetPredicted: "预测类别",
    targetPredictedHelp: "各模型得分最高的预测",
    targetLabel: "真实标签",
    noClass: "没有此名称的类别",
    classes: "类别",
    quantity: "解释对象",
    quantityOutput: "原始输出",
    baseline: "基线",
    smoothing: "平滑",
    smoothingOff: "关闭",
    smoothingTypes: { smoothgrad: "SmoothGrad", smoothgrad_sq: "SmoothGrad 平方", vargrad: "VarGrad" },
    smoothingHelp: "对输入的多个加噪副本的归因取平均",
    smoothingSamples: "副本数",
    smoothingNoise: "噪声",
    smoothingNoiseHelp: "噪声是标准差占输入取值范围的比例。",
    seed: "随机种子",
    precision: "精度",
    precisions: { exact: "精确", fused: "融合", fast: "快速" },
    precisionHelp: {
      exact: "模型自身的运算",
      fused: "将批归一化并入卷积；同样接近真值，但末位数字可能不同",
      fast: "使用 bfloat16：更快，热力图有微小误差",
    },
    clearRetargets: (n) => `${n} 个样本改为解释其他类别`,
    clear: "清除",
  },

  methodGroups: {
    path: "路径",
    gradient: "梯度",
    propagation: "传播",
    cam: "类激活图",
    activation: "激活",
    perturbation: "扰动",
    custom: "自定义",
    layer: "针对某一层",
    neuron: "针对层中的一个单元",
  },

  fetch: {
    button: "计算归因",
    changed: "设置已更改",
    reloaded: "已重新加载",
    upToDate: "所有热力图均为最新",
    sending: "正在发送…",
    queued: "正在等待模型…",
    place: (position, time) =>
      [position === 1 ? "下一个" : `第 ${position} 位`, ...(time === null ? [] : [time])].join("，"),
    inQueue: (place) => `排队中：${place}`,
    heldFor: (seconds) => (seconds > 0 ? `${seconds} 秒后重试` : "正在重试…"),
    again: "重新计算",
    running: (done, total) => `已完成 ${done}/${total} 张热力图`,
    progress: "计算进度",
    cancel: "取消",
    cancelFailed: "取消请求未能送达服务器。",
    remaining: (eta) => `剩余${eta}`,
    mendFirst: "请先更改标红的设置",
    invitation: (n) => `点击“计算归因”，解释${n === 1 ? "此预测" : `这 ${n} 个预测`}`,
    short: "点击“计算归因”",
    stored: (n, of) => (n === of ? "已有存储结果" : `${of} 个中已存储 ${n} 个`),
    about: (seconds) => {
      if (seconds < 1) return "不到 1 秒";
      if (seconds < 90) return `约 ${Math.round(seconds)} 秒`;
      return seconds < 5400 ? `约 ${Math.round(seconds / 60)} 分钟` : `约 ${(seconds / 3600).toFixed(1)} 小时`;
    },
    enter: "回车",
    waiting: { sending: "正在发送…", held: "等待中…", queued: "等待中…", running: "正在解释…" },
    failed: "没有热力图",
    unavailable: (method, model) => `${method} 无法解释 ${model}。`,
  },

  browse: {
    region: "浏览样本",
    previous: "上一组样本",
    next: "下一组样本",
    range: (from, to) => (from === to ? `样本 ${from}` : `样本 ${from}–${to}`),
    places: (from, to, of) => `符合条件的 ${of} 个中的第 ${from}–${to} 个`,
    none: "没有样本",
    goTo: "跳到编号",
    goToPlace: "跳到位置",
    noPlace: (what, least) => `${what} 不是从 ${least} 起的整数`,
    order: "排序",
    orders: { dataset: "数据集顺序", mistakes: "最自信的错误", uncertain: "最不自信" },
    by: "依据",
    filter: "筛选",
    filtered: (what) => `筛选：${what}`,
    predicted: "预测",
    label: "标签",
    anyClass: "任意类别",
    correctness: "预测结果",
    correctnessAny: "全部",
    correct: "正确",
    incorrect: "错误",
    noLabels: "此数据集没有标签，无法判断预测是否正确。",
    noClasses: "此浏览器没有可选的类别。",
    clear: "清除筛选",
    count: "样本数",
    k: "前",
    kLabel: "每个样本的预测数",
    scanned: (scanned, matched, what) => `已扫描 ${scanned} 个，符合条件 ${matched} 个${what ? `（${what}）` : ""}。`,
    scanMore: (n) => `再扫描 ${n} 个？`,
    scanning: "正在扫描…",
    wholeDataset: "已到数据集末尾。",
    conditions: (correct, predicted, label) =>
      [
        correct === null ? null : correct ? "正确" : "错误",
        predicted === null ? null : `预测为 ${predicted}`,
        label === null ? null : `标签为 ${label}`,
      ]
        .filter((part) => part !== null)
        .join("，"),
    empty: "数据集中没有样本。",
    scanningTo: (scanned, to) => `正在扫描… 已读取 ${scanned}/${to} 个样本。`,
    only: (there) => `总共只有 ${there} 个样本。`,
    onlySaid: (length) => `数据集称总共只有 ${length} 个样本。`,
    onlyMatches: (matched) => `目前只有 ${matched} 个样本匹配。`,
    noneRead: (limit) => `此服务器最多读取前 ${limit} 个样本。`,
    toStart: "回到开头",
    stopped: (index) => (index === null ? "数据集读取已停止。" : `数据集读取在第 ${index} 项处停止。`),
  },

  display: {
    region: "显示",
    panels: "显示",
    panelNames: {
      original: "原图",
      overlay: "叠加",
      heat: "热力图",
      positive: "正向",
      negative: "负向",
      masked: "遮罩",
    },
    sign: "符号",
    signs: { auto: "方法默认", all: "全部", positive: "正向", negative: "负向", absolute: "绝对值" },
    opacity: "不透明度",
    outlier: "截断",
    outlierHelp: "按总幅值的此比例截断，超出部分显示为色标端点的颜色",
    percent: (value) => `${value}%`,
    scale: "配色",
    scales: {
      "red-blue": "红–蓝",
      "green-red": "绿–红",
      "blue-red": "蓝–红",
      "white-black": "白–黑",
      viridis: "Viridis",
      inferno: "Inferno",
      cividis: "Cividis",
    },
    scaleHelp: {
      "red-blue": "红色提高得分，蓝色降低得分",
      "green-red": "绿色提高，红色降低，与 Captum 的画法一致",
      "blue-red": "蓝色提高，红色降低，与 Captum Insights 的画法一致",
      "white-black": "仅表示幅值",
      viridis: "仅表示幅值",
      inferno: "仅表示幅值",
      cividis: "仅表示幅值",
    },
    shared: "统一色标",
    sharedHelp: "同一模型、同一方法的热力图使用相同的色标端点，便于样本之间比较",
    evidence: "真实依据",
    evidenceHelp: "标出真正决定类别的部分",
    more: "绘制",
    size: "大小",
    sizes: { small: "小", medium: "中", large: "大" },
  },

  sample: {
    number: (index) => `#${index}`,
    label: "标签",
    noLabel: "无标签",
    noClass: "不属于任何类别",
    mistake: "预测错误",
    mistakeOf: (models) => `${models} 预测错误`,
    correct: "预测正确",
    predicted: "预测",
    predictions: "预测",
    predicting: "正在预测…",
    notPredicted: "模型无法预测此样本。",
    explain: "解释",
    explainLabel: (name) => `解释标签${quoted(name)}`,
    value: "值",
    image: (index, label) => `样本 ${index}${label === null ? "" : `，${label}`}`,
    imageFailed: "无法加载图像。",
  },

  map: {
    name: (method, target) => (target === null ? method : `${method}，目标类别${quoted(target)}`),
    panel: (panel, name) => `${panel}：${name}`,
    colourBar: (low, high) => `色标从 ${low} 到 ${high}`,
    sharedScale: "统一色标",
    ownScale: "独立色标",
    loading: "正在加载热力图…",
    failed: "无法加载热力图。",
    explainsClass: (name, rival) => `解释${rather(name, rival)}的输出`,
    explainsValue: "解释输出值",
    explainsUnit: (unit, layer) => `解释层 ${layer} 的单元 ${unit}，而非类别`,
    explainsLayer: (layer) => `显示层 ${layer} 的值，而非类别`,
    before: (step) => `（${step} 之前）`,
    softmax: "softmax",
    sigmoid: "sigmoid",
    explainsScore: (score, name, rival) => {
      const what = score === "probability" ? "概率" : ` ${score}`;
      return name === null ? `解释${what}` : `解释${rather(name, rival)}的${what}`;
    },
    earlier: "先前的设置",
    beforeReload: "重新加载之前",
    otherInput: "此样本在热力图计算之后已改变。请重新计算。",
    cutShort: "服务器在此热力图完成之前已停止。",
    refining: (percent) => `正在细化…${percent}%`,
    partial: (percent) => `部分结果，${percent}%`,
    layer: (name) => `层 ${name}`,
    baseline: (name) => `${name}基线`,
    smoothed: (type, samples, noise) => `${type}，${samples} × ${noise}`,
    noise: (share) => `${Math.round(share * 1000) / 10}% 噪声`,
    argument: (title, value) => `${title} ${value}`,
    unit: (_, unit) => unit,
    quantity: (value, unit) => `${value} ${COUNTED[unit] ?? unit}`,
    on: "开",
    off: "关",
    complete: (share) => `解释了得分差的 ${share.replace(" %", "%")}`,
    gap: (share) => `完备性缺口为得分差的 ${share.replace(" %", "%")}`,
    raiseSteps: "请增大 n_steps",
    delta: (delta) => `收敛误差 ${delta}`,
    noDifference: (delta) => `得分与基线的得分没有差别；收敛误差 ${delta}`,
    allZero: "所有归因均为 0。请尝试其他基线或层。",
    nonFinite: (n) => `有 ${n} 个归因不是有限值（NaN 或无穷大），因此不绘制热力图。`,
    noPositive: "没有提高得分的部分。",
    noNegative: "没有降低得分的部分。",
    evidenceFailed: "无法加载真实依据。",
  },

  faithfulness,
  own,
  edit,
  share,
  mapText,
  features,
  detail,
  present,
  shortcuts,
  target,
  columns,
  layers,

  outputs,

  errors: {
    title: "出错了",
    unknown: "服务器返回了未加说明的错误。",
    messages: {
      unreachable: "无法连接服务器。",
      interrupted: "服务器在完成之前已停止。请重新计算。",
      failed: "服务器未能完成此操作。",
      http_401: "会话已结束。请打开 attriscope 启动时显示的链接。",
      http_404: "服务器上已没有此内容。",
      http_429: "请求过多。请稍后再试。",
      http_503: "服务器繁忙。请稍后再试。",
    },
    samples: "无法加载样本。",
    job: (id) => `咨询时请提供任务编号 ${id}。`,
    crashed: "页面自身出现了错误。",
    reload: "重新加载",
  },
};
