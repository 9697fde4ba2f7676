import { Type, type Static, type TObject, type TProperties } from 'typebox';
import { Value } from 'typebox/value';

/**
 * Reads a process's settings from the environment, once, in its main file. Empty variables count as unset.
 * An error names the variable and the rule, never the value: values can be secrets.
 */
export function readConfig<P extends TProperties>(
  schema: TObject<P>,
  env: Record<string, string | undefined>,
): Readonly<Static<TObject<P>>> {
  const given = Object.fromEntries(
    Object.keys(schema.properties).flatMap((name) => {
      const value = env[name]?.trim();
      return value ? [[name, value]] : [];
    }),
  );
  const settings = Value.Convert(schema, Value.Default(schema, given));
  if (!Value.Check(schema, settings)) {
    const problems = [...Value.Errors(schema, settings)].map((error) => {
      const params = error.params as { requiredProperties?: string[] };
      const names = error.instancePath.slice(1) || params.requiredProperties?.join(', ') || 'settings';
      return `${names} ${error.message}`;
    });
    throw new Error(`Settings are not valid: ${problems.join('; ')}. See .env.example.`);
  }
  return Object.freeze(settings) as Readonly<Static<TObject<P>>>;
}

/** A switch: only the words true and false. */
export const Switch = (fallback: boolean) => Type.Boolean({ default: fallback });
