/** The JSON Schema of a method's arguments, read as the fields of a form. */

import type { MethodDescription } from "../api/types";
import type { Scalar } from "./page";

export interface ArgumentField {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly kind: "integer" | "number" | "boolean" | "choice" | "text";
  readonly choices: readonly Scalar[];
  readonly default: Scalar | null;
  readonly minimum: number | null;
  readonly maximum: number | null;
  /** Shown after the number, as in "50 steps". */
  readonly unit: string | null;
  readonly advanced: boolean;
}

interface Property {
  type?: string;
  title?: string;
  description?: string;
  default?: unknown;
  enum?: unknown[];
  const?: unknown;
  anyOf?: Property[];
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  unit?: unknown;
  advanced?: unknown;
}

export function argumentFields(method: MethodDescription): ArgumentField[] {
  const properties = (method.arguments.properties ?? {}) as Record<string, Property>;
  return Object.entries(properties).map(([name, property]) => readField(name, property));
}

function readField(name: string, outer: Property): ArgumentField {
  // An optional value is a choice between it and null; leaving the field empty means null.
  const property = { ...outer, ...outer.anyOf?.find(({ type }) => type !== "null") };
  const choices = (property.enum ?? (property.const === undefined ? [] : [property.const])).filter(isScalar);
  return {
    name,
    title: property.title ?? name,
    description: outer.description ?? property.description ?? "",
    kind: choices.length > 0 ? "choice" : readKind(property.type),
    choices,
    default: isScalar(outer.default) ? outer.default : null,
    minimum: property.minimum ?? property.exclusiveMinimum ?? null,
    maximum: property.maximum ?? property.exclusiveMaximum ?? null,
    unit: typeof property.unit === "string" ? property.unit : null,
    advanced: property.advanced === true,
  };
}

function readKind(type: string | undefined): ArgumentField["kind"] {
  return type === "integer" || type === "number" || type === "boolean" ? type : "text";
}

function isScalar(value: unknown): value is Scalar {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}
