import {
  createTheme,
  defaultVariantColorsResolver,
  type CSSVariablesResolver,
  type MantineColorsTuple,
  type VariantColorsResolver,
} from "@mantine/core";

import { MENUS } from "./views/Main";

/** Nearly black, nearly white: the interface stays out of the way of the maps' colours. */
const ink: MantineColorsTuple = [
  "#f6f5f8",
  "#ebe9ef",
  "#d5d2dc",
  "#b5b1bf",
  "#8f8a9b",
  "#706b7c",
  "#575263",
  "#3f3b49",
  "#2a2732",
  "#1c1a22",
];

/** Between the maps' red and blue, so that it means neither. */
const violet: MantineColorsTuple = [
  "#f4f0ff",
  "#e6deff",
  "#cdbfff",
  "#b19bff",
  "#987cfb",
  "#8463f2",
  "#6f4ce0",
  "#5c3bc4",
  "#4b309f",
  "#3b267d",
];

const dark: MantineColorsTuple = [
  "#eceaf1",
  "#c9c5d3",
  "#a39eb0",
  "#7d788a",
  "#4b4757",
  "#36333f",
  "#211f28",
  "#1a191f",
  "#131217",
  "#0d0c10",
];

/** Ink turns from nearly black to nearly white with the theme, and what is written on it turns too. */
const variantColours: VariantColorsResolver = (input) => {
  const colours = defaultVariantColorsResolver(input);
  const isInk = (input.color ?? input.theme.primaryColor) === "ink";
  return input.variant === "filled" && isInk ? { ...colours, color: "var(--on-ink)" } : colours;
};

export const theme = createTheme({
  colors: { ink, violet, dark },
  variantColorResolver: variantColours,
  primaryColor: "ink",
  primaryShade: { light: 9, dark: 0 },
  fontFamily: '"Geist Variable", system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", monospace',
  fontSizes: { xs: "0.75rem", sm: "0.8125rem", md: "0.875rem", lg: "1rem", xl: "1.25rem" },
  defaultRadius: "md",
  radius: { xs: "3px", sm: "5px", md: "8px", lg: "12px", xl: "20px" },
  cursorType: "pointer",
  focusRing: "auto",
  respectReducedMotion: true,
  components: {
    Portal: { defaultProps: { target: `#${MENUS}` } },
    Tooltip: {
      defaultProps: {
        multiline: true,
        maw: 300,
        openDelay: 250,
        withArrow: true,
        events: { hover: true, focus: true, touch: true },
      },
    },
    Select: {
      defaultProps: {
        size: "sm",
        checkIconPosition: "right",
        openOnFocus: false,
        // The list itself scrolls, so that it is the list that the keyboard reaches.
        withScrollArea: false,
        comboboxProps: { shadow: "md" },
      },
    },
    // The placeholder is no menu item, and a menu may hold nothing else; the first item gets the focus instead.
    Menu: { defaultProps: { withInitialFocusPlaceholder: false } },
    SegmentedControl: { defaultProps: { size: "xs" } },
    Button: { defaultProps: { size: "sm" } },
    Switch: { defaultProps: { size: "sm", color: "violet.5" } },
    Slider: { defaultProps: { size: "sm", color: "ink", label: null } },
    Checkbox: { defaultProps: { size: "sm", iconColor: "var(--on-ink)" } },
  },
});

export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-body": "#f5f4f7",
    "--mantine-color-text": "#1c1a22",
    "--mantine-color-dimmed": "#625d6e",
    "--mantine-color-placeholder": "#767182",
    "--mantine-color-default-border": "#dcd9e2",
    "--mantine-color-error": "#a3341c",
  },
  dark: {
    "--mantine-color-body": "#131217",
    "--mantine-color-text": "#eceaf1",
    "--mantine-color-dimmed": "#a39eb0",
    "--mantine-color-placeholder": "#8d889a",
    "--mantine-color-default": "#1f1d25",
    "--mantine-color-default-hover": "#28262f",
    "--mantine-color-default-border": "#36333f",
    "--mantine-color-error": "#ff9b80",
  },
});
