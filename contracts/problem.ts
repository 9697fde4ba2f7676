import { Type, type Static } from 'typebox';

/** Every error of the API (RFC 9457). `code` is stable and is what programs and the web app look at. */
export const ProblemSchema = Type.Object(
  {
    type: Type.String({ description: '/api/problems/<code>' }),
    title: Type.String(),
    status: Type.Integer(),
    code: Type.String(),
    detail: Type.Optional(Type.String()),
    instance: Type.Optional(Type.String({ description: 'The request id, to quote to support' })),
    errors: Type.Optional(
      Type.Array(
        Type.Object({
          field: Type.String(),
          code: Type.String(),
          message: Type.Optional(Type.String()),
        }),
      ),
    ),
  },
  { $id: 'Problem', additionalProperties: true },
);
export type Problem = Static<typeof ProblemSchema>;
