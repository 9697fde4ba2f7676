import { Type } from 'typebox';
import { type Accounts, type BindAnswer, deviceName, type EraseOutcome, normalEmail } from '#capabilities/accounts';
import { CodeBodySchema, CpfBodySchema, MeSchema, SessionListSchema, VerifyBodySchema } from '#contracts/accounts';
import { ProblemSchema } from '#contracts/problem';
import type { HttpServer } from '#platform/http-server';
import { newId } from '#platform/ids';
import type { Database, Transaction } from '#platform/postgres';
import { sendProblem } from '#platform/problem';
import { answerKeyed } from '../keyed.ts';
import { limitPerAddress } from '../rate-limit.ts';
import { SESSION_COOKIE, signedIn } from '../session.ts';
import {
  answerSignIn,
  asVisitor,
  NOBODY,
  type SessionCookie,
  type SignInOutcome,
  takeBody,
  whoSignedIn,
} from '../sign-in-answer.ts';

export type AccountRouteDeps = { db: Database; accounts: Accounts; cookie: SessionCookie };

const tags = ['accounts'];
const Accepted = Type.Object({ accepted: Type.Literal(true) });
const Ended = Type.Object({ ended: Type.Literal(true) });

const STATUS_OF_BINDING = {
  bound: 200,
  already_bound_same: 200,
  cpf_invalid: 422,
  account_has_cpf: 409,
  cpf_taken: 409,
} as const satisfies Record<BindAnswer['outcome'], number>;

const STATUS_OF_ERASURE = {
  erased: 200,
  tickets_ahead: 409,
  staff_account: 409,
  account_unknown: 404,
} as const satisfies Record<EraseOutcome, number>;

/** Signing in by mailed code, the CPF, the list of sessions, and what is kept about a person. */
export function registerAccountRoutes(api: HttpServer, deps: AccountRouteDeps): void {
  registerCode(api, deps);
  registerVerify(api, deps);
  registerSignOut(api, deps);
  registerMe(api, deps);
  registerSessions(api, deps);
  registerPersonalData(api, deps);
}

function registerCode(api: HttpServer, { db, accounts }: AccountRouteDeps): void {
  api.post(
    '/api/sign-in/code',
    {
      preHandler: asVisitor,
      schema: {
        summary: 'Mail me a sign-in code',
        description:
          'The answer is the same whether or not an account exists. Not more than 5 per address in 15 minutes.',
        tags,
        body: CodeBodySchema,
        response: { 202: Accepted, 429: ProblemSchema },
      },
    },
    async (request, reply) => {
      const { email, locale } = takeBody(request, accounts);
      const wait = await accounts.attempt([
        ['codePerAddress', request.ip],
        ['codePerEmail', normalEmail(email)],
      ]);
      if (wait > 0) return sendProblem(reply, 429, 'too_many_attempts', { retryAfter: wait });
      return answerKeyed(db, request, reply, async (tx) => {
        await accounts.requestCode(tx, { email, locale: locale ?? 'pt-BR', correlationId: newId() });
        return { status: 202, body: { accepted: true } };
      });
    },
  );
}

function registerVerify(api: HttpServer, { db, accounts, cookie }: AccountRouteDeps): void {
  api.post(
    '/api/sign-in/verify',
    {
      preHandler: asVisitor,
      schema: {
        summary: 'Exchange the mailed code for a session',
        description: 'Sets the session cookie. 422 code_wrong (with triesLeft) or code_expired: ask for another.',
        tags,
        body: VerifyBodySchema,
        response: { 200: MeSchema, 422: ProblemSchema, 429: ProblemSchema },
      },
    },
    async (request, reply) => {
      const { email, code } = takeBody(request, accounts);
      const wait = await accounts.attempt([
        ['verifyPerAddress', request.ip],
        ['verifyPerEmail', normalEmail(email)],
      ]);
      if (wait > 0) return sendProblem(reply, 429, 'too_many_attempts', { retryAfter: wait });
      const verify = async (tx: Transaction, signInKey: Buffer): Promise<SignInOutcome> => {
        const answer = await accounts.verifyCode(tx, {
          email,
          code,
          device: deviceName(request.headers['user-agent']),
          signInKey,
          previousToken: request.cookies[SESSION_COOKIE] ?? null,
        });
        if (answer.outcome === 'code_wrong') {
          return { status: 422, problem: 'code_wrong', extra: { triesLeft: answer.triesLeft } };
        }
        if (answer.outcome === 'code_expired') return { status: 422, problem: 'code_expired' };
        return { status: 200, body: NOBODY, token: answer.token, accountId: answer.accountId };
      };
      return answerSignIn({ db, accounts, cookie }, request, reply, verify, whoSignedIn({ db, accounts }));
    },
  );
}

function registerSignOut(api: HttpServer, { db, accounts, cookie }: AccountRouteDeps): void {
  api.post(
    '/api/sign-out',
    { schema: { summary: 'End this session', tags, response: { 200: Ended } } },
    async (request, reply) => {
      const { session } = request;
      const answered = await answerKeyed(db, request, reply, async (tx) => {
        if (session) await accounts.endSession(tx, session.accountId, session.sessionId);
        cookie.clear(reply);
        return { status: 200, body: { ended: true } };
      });
      if (session) accounts.forgetSessions(session.accountId);
      return answered;
    },
  );
}

function registerMe(api: HttpServer, { db, accounts }: AccountRouteDeps): void {
  api.get(
    '/api/me',
    { schema: { summary: 'Who is signed in; account null for a visitor', tags, response: { 200: MeSchema } } },
    async (request) => {
      return request.session ? accounts.readMe(db, request.session) : { account: null };
    },
  );

  api.post(
    '/api/me/cpf',
    {
      onRequest: signedIn,
      schema: {
        summary: 'Tell my CPF and name, once',
        description: '422 cpf_invalid; 409 cpf_taken (another account has it) or account_has_cpf (mine is another).',
        tags,
        body: CpfBodySchema,
        response: { 200: MeSchema, 409: ProblemSchema, 422: ProblemSchema, 429: ProblemSchema },
      },
    },
    async (request, reply) => {
      const session = request.session!;
      const wait = await accounts.attempt([['cpfPerAccount', session.accountId]]);
      if (wait > 0) return sendProblem(reply, 429, 'too_many_attempts', { retryAfter: wait });
      const body = takeBody(request, accounts);
      const name = body.name.trim().replaceAll(/\s+/g, ' ');
      if (name.length < 2) {
        return sendProblem(reply, 422, 'validation_failed', { errors: [{ field: 'name', code: 'minLength' }] });
      }
      const answered = await answerKeyed(db, request, reply, async (tx) => {
        const answer = await accounts.bindCpf(tx, { accountId: session.accountId, cpf: body.cpf, name });
        const status = STATUS_OF_BINDING[answer.outcome];
        if (status !== 200) return { status, problem: answer.outcome };
        return { status, body: await accounts.readMe(tx, session) };
      });
      accounts.forgetSessions(session.accountId);
      return answered;
    },
  );
}

function registerSessions(api: HttpServer, { db, accounts, cookie }: AccountRouteDeps): void {
  api.get(
    '/api/me/sessions',
    {
      onRequest: signedIn,
      schema: { summary: 'Where I am signed in', tags, response: { 200: SessionListSchema, 401: ProblemSchema } },
    },
    async (request) => {
      return accounts.listSessions(request.session!.accountId, request.session!.sessionId);
    },
  );

  api.delete(
    '/api/me/sessions/:id',
    {
      onRequest: signedIn,
      schema: {
        summary: 'End one of my sessions, on any device',
        tags,
        params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
        response: { 200: Ended, 401: ProblemSchema, 404: ProblemSchema },
      },
    },
    async (request, reply) => {
      const session = request.session!;
      const answered = await answerKeyed(db, request, reply, async (tx) => {
        const ended = await accounts.endSession(tx, session.accountId, request.params.id);
        if (request.params.id === session.sessionId) cookie.clear(reply);
        return ended ? { status: 200, body: { ended: true } } : { status: 404, problem: 'session_unknown' };
      });
      accounts.forgetSessions(session.accountId);
      return answered;
    },
  );
}

function registerPersonalData(api: HttpServer, { db, accounts, cookie }: AccountRouteDeps): void {
  api.get(
    '/api/me/data',
    {
      onRequest: [limitPerAddress({ max: 20, windowMs: 60_000 }), signedIn],
      schema: {
        summary: 'Everything that is kept about me (LGPD art. 18)',
        tags,
        response: {
          200: Type.Record(Type.String(), Type.Unknown()),
          401: ProblemSchema,
          404: ProblemSchema,
          429: ProblemSchema,
        },
      },
    },
    async (request, reply) => {
      const data = await accounts.exportPersonalData(request.session!.accountId);
      if (!data) return sendProblem(reply, 404, 'account_unknown');
      reply.header('content-disposition', 'attachment; filename="poltrona-meus-dados.json"');
      return data;
    },
  );

  api.delete(
    '/api/me',
    {
      onRequest: signedIn,
      schema: {
        summary: 'Erase my account',
        description:
          'Orders stay as fiscal records without a name. 409 tickets_ahead while a coming screening is paid.',
        tags,
        response: { 200: Type.Object({ erased: Type.Literal(true) }), 401: ProblemSchema, 409: ProblemSchema },
      },
    },
    async (request, reply) => {
      const session = request.session!;
      const answered = await answerKeyed(db, request, reply, async (tx) => {
        const outcome = await accounts.eraseAccount(tx, session.accountId);
        if (outcome !== 'erased') return { status: STATUS_OF_ERASURE[outcome], problem: outcome };
        cookie.clear(reply);
        return { status: 200, body: { erased: true } };
      });
      accounts.forgetSessions(session.accountId);
      return answered;
    },
  );
}
