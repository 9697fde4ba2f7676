import swagger from '@fastify/swagger';
import scalar from '@scalar/fastify-api-reference';
import * as accounts from '#contracts/accounts';
import * as admin from '#contracts/admin';
import * as catalog from '#contracts/catalog';
import * as door from '#contracts/door';
import * as imports from '#contracts/imports';
import * as orders from '#contracts/orders';
import * as payments from '#contracts/payments';
import * as problem from '#contracts/problem';
import * as screenings from '#contracts/screenings';
import * as seatPlan from '#contracts/seat-plan';
import * as tickets from '#contracts/tickets';
import type { HttpServer } from '#platform/http-server';

const CONTRACTS = [seatPlan, problem, accounts, admin, catalog, door, imports, screenings, orders, payments, tickets];

/** Collects the routes registered after it. Call first. */
export async function collectOpenApi(api: HttpServer, publicUrl: string): Promise<void> {
  await api.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Poltrona',
        version: '1',
        description:
          'Cinema seats in Brazil. Money is integer cents (BRL), times are ISO 8601. Changing operations take an ' +
          '`Idempotency-Key`. Every error is a problem (RFC 9457) whose `code` is stable.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: publicUrl }],
      components: {
        securitySchemes: { session: { type: 'apiKey', in: 'cookie', name: 'poltrona_session' } },
      },
    },
  });
}

/** GET /api/openapi.json and the readable page /api/docs, all of it served from here. */
export async function serveOpenApi(api: HttpServer): Promise<void> {
  let text: string | undefined;
  const document = () => (text ??= JSON.stringify(nameSchemas(api.swagger() as unknown as Json)));
  api.get('/api/openapi.json', { schema: { hide: true } }, async (_request, reply) =>
    reply.type('application/json').send(document()),
  );
  await api.register(scalar, {
    routePrefix: '/api/docs',
    openApiDocumentEndpoints: { json: '/openapi.json', yaml: '/openapi.yaml' },
    configuration: {
      url: '/api/openapi.json',
      title: 'Poltrona API',
      withDefaultFonts: false,
      telemetry: false,
      hideClientButton: true,
      agent: { disabled: true },
    } as Record<string, unknown>,
  });
}

type Json = { [key: string]: unknown };

/** Schemas of contracts/ get their name and stand once under components; everything else refers to them. */
export function nameSchemas(document: Json): Json {
  const names = new Map<string, string>();
  const schemas: Json = {};
  for (const contract of CONTRACTS) {
    for (const [exported, schema] of Object.entries(contract)) {
      if (!exported.endsWith('Schema') || typeof schema !== 'object') continue;
      const plain = JSON.parse(JSON.stringify(schema)) as Json;
      delete plain['$id'];
      const name = exported.slice(0, -'Schema'.length);
      if (!names.has(canonical(plain))) names.set(canonical(plain), name);
      schemas[name] = plain;
    }
  }
  const withNames = (value: unknown, insideOf?: string): unknown => {
    if (Array.isArray(value)) return value.map((item) => withNames(item));
    if (typeof value !== 'object' || value === null) return value;
    const { $id: _, ...plain } = value as Json;
    const name = names.get(canonical(plain));
    if (name && name !== insideOf) return { $ref: `#/components/schemas/${name}` };
    return Object.fromEntries(Object.entries(plain).map(([key, inner]) => [key, withNames(inner)]));
  };
  const problems = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
  const paths = withNames(document['paths']) as Record<string, Record<string, Json>>;
  for (const operation of Object.values(paths).flatMap((path) => Object.values(path))) {
    operation['responses'] = {
      ...problemsAsSuch(operation['responses'] as Json),
      default: { description: 'Any error', content: problems },
    };
  }
  const components = document['components'] as Json;
  return {
    ...document,
    paths,
    components: {
      ...components,
      schemas: Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, withNames(schema, name)])),
    },
  };
}

/** Refusals come as application/problem+json, whatever else the route produces. */
function problemsAsSuch(responses: Json): Json {
  const retyped = ([status, response]: [string, unknown]) => {
    const { content, ...rest } = response as { content?: Json };
    const [media] = /^[45]/.test(status) ? Object.values(content ?? {}) : [];
    return [status, media ? { ...rest, content: { 'application/problem+json': media } } : response];
  };
  return Object.fromEntries(Object.entries(responses).map(retyped));
}

/** The same text for the same schema, whatever the order of its members. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
