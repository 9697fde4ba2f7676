import { Type, type Static } from 'typebox';

export const ROLES = ['buyer', 'usher', 'manager', 'administrator'] as const;
export type Role = (typeof ROLES)[number];

export const EmailSchema = Type.String({ format: 'email', maxLength: 254 });

/** POST /api/sign-in/code {email}: always 202, so that nobody learns who has an account. */
export const CodeBodySchema = Type.Object(
  { email: EmailSchema, locale: Type.Optional(Type.Enum(['pt-BR', 'en'])) },
  { additionalProperties: false },
);
/** POST /api/sign-in/verify {email, code} → Me, with the session cookie. */
export const VerifyBodySchema = Type.Object(
  { email: EmailSchema, code: Type.String({ pattern: '^\\d{6}$' }) },
  { additionalProperties: false },
);
/** POST /api/me/cpf {cpf, name}: bound once, one account per CPF. */
export const CpfBodySchema = Type.Object(
  { cpf: Type.String({ maxLength: 20 }), name: Type.String({ minLength: 2, maxLength: 120 }) },
  { additionalProperties: false },
);
/** POST /api/staff/sign-in {email, password} → {step: 'totp' | 'enrol'}; the session counts only after the code. */
export const StaffSignInBodySchema = Type.Object(
  { email: EmailSchema, password: Type.String({ minLength: 1, maxLength: 200 }) },
  { additionalProperties: false },
);
/** POST /api/staff/second-factor {code} → Me. */
export const SecondFactorBodySchema = Type.Object(
  { code: Type.String({ pattern: '^\\d{6}$' }) },
  { additionalProperties: false },
);

export const StaffStepSchema = Type.Object({
  step: Type.Enum(['totp', 'enrol', 'done']),
  /** Only with 'enrol': the otpauth URI and its QR as SVG. */
  otpauthUrl: Type.Optional(Type.String()),
  qrSvg: Type.Optional(Type.String()),
});
export type StaffStep = Static<typeof StaffStepSchema>;

/** GET /api/me: 200 with account null for a visitor. */
export const MeSchema = Type.Object({
  account: Type.Union([
    Type.Object({
      accountId: Type.String(),
      email: Type.String(),
      name: Type.Union([Type.String(), Type.Null()]),
      role: Type.Enum([...ROLES]),
      maskedCpf: Type.Union([Type.String(), Type.Null()]),
      locale: Type.Enum(['pt-BR', 'en']),
    }),
    Type.Null(),
  ]),
});
export type Me = Static<typeof MeSchema>;

/** GET /api/me/sessions; DELETE /api/me/sessions/:id ends one. */
export const SessionListSchema = Type.Array(
  Type.Object({
    sessionId: Type.String(),
    createdAt: Type.String(),
    lastSeenAt: Type.String(),
    device: Type.String(),
    current: Type.Boolean(),
  }),
);
export type SessionList = Static<typeof SessionListSchema>;
