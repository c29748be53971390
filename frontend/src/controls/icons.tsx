import type { ReactElement, SVGProps } from "react";

type IconProps = SVGProps<SVGSVGElement>;

function icon(path: string) {
  return function Icon(props: IconProps): ReactElement {
    return (
      <svg
        viewBox="0 0 16 16"
        width="16"
        height="16"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
        strokeLinecap="round"
        strokeLinejoin="round"
        aria-hidden="true"
        {...props}
      >
        <path d={path} />
      </svg>
    );
  };
}

export const ChevronLeft = icon("M10 3 5 8l5 5");
export const ChevronRight = icon("m6 3 5 5-5 5");
export const ChevronDown = icon("m3.5 6 4.5 4.5L12.5 6");
export const Sliders = icon(
  "M2 4.5h7m3 0h2M2 11.5h2m3 0h7M9 2.5v4M4.5 9.5v4M12 4.5a1.5 1.5 0 1 1-3 0 1.5 1.5 0 0 1 3 0ZM7 11.5a1.5 1.5 0 1 1-3 0 1.5 1.5 0 0 1 3 0Z",
);
export const Filter = icon("M2 3.5h12L9.5 9v4l-3-1.5V9L2 3.5Z");
export const Info = icon("M8 7.2v4M8 4.8v.01M14.25 8a6.25 6.25 0 1 1-12.5 0 6.25 6.25 0 0 1 12.5 0Z");
export const Warning = icon("M8 6v3.2M8 11.6v.01M8 1.8 14.6 13.6H1.4L8 1.8Z");
export const Sun = icon(
  "M8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1.1 1.1M11.9 11.9 13 13M3 13l1.1-1.1M11.9 4.1 13 3M10.75 8a2.75 2.75 0 1 1-5.5 0 2.75 2.75 0 0 1 5.5 0Z",
);
export const Moon = icon("M13.8 9.6A6 6 0 0 1 6.4 2.2a6 6 0 1 0 7.4 7.4Z");
export const Plus = icon("M8 3v10M3 8h10");
export const Minus = icon("M3 8h10");
export const Cross = icon("m4 4 8 8M12 4l-8 8");
export const Check = icon("m3 8.5 3.2 3.2L13 4.8");
export const Reload = icon("M13.5 8a5.5 5.5 0 1 1-1.6-3.9L13.5 5.7M13.5 2.2v3.5H10");
export const Share = icon("M8 9.5v-8M5 4.2 8 1.5l3 2.7M4.5 7H3v7h10V7h-1.5");
export const Dots = icon("M3.5 8v.01M8 8v.01M12.5 8v.01");
export const Target = icon("M8 1.5v3M8 11.5v3M1.5 8h3M11.5 8h3M12 8a4 4 0 1 1-8 0 4 4 0 0 1 8 0Z");
export const Expand = icon("M9.5 2.5h4v4M6.5 13.5h-4v-4M13.5 2.5 9 7M2.5 13.5 7 9");
export const Screen = icon("M1.75 3h12.5v8H1.75ZM5.5 13.5h5M8 11v2.5");
export const Keyboard = icon("M1.5 4h13v8h-13ZM4 6.8v.01M6.6 6.8v.01M9.3 6.8v.01M12 6.8v.01M5 9.4h6");

/** A globe: languages. */
export const Languages = icon(
  "M14.25 8a6.25 6.25 0 1 1-12.5 0 6.25 6.25 0 0 1 12.5 0ZM2 8h12M8 1.75c3.4 3.6 3.4 8.9 0 12.5-3.4-3.6-3.4-8.9 0-12.5Z",
);

/** A lens over a diverging scale. */
export function Mark({ size = 24 }: { size?: number }): ReactElement {
  return (
    <svg viewBox="0 0 32 32" width={size} height={size} aria-hidden="true">
      <defs>
        <linearGradient id="mark" x1="0" y1="0" x2="1" y2="1">
          <stop offset="0.1" stopColor="#c2293b" />
          <stop offset="0.5" stopColor="#f7f3ef" />
          <stop offset="0.9" stopColor="#1f63ad" />
        </linearGradient>
      </defs>
      <circle cx="16" cy="16" r="13" fill="url(#mark)" stroke="#77727f" strokeWidth="2" />
      <circle cx="16" cy="16" r="3.5" fill="#1c1a22" />
    </svg>
  );
}
export const Scales = icon("M8 2.5v11M5 13.5h6M2.5 4.5h11M4 4.5 2 9.5h4L4 4.5ZM12 4.5l-2 5h4l-2-5Z");
