import type { paths } from "./generated/api.ts";

/** The API's paths and operations as types: what each takes and what it answers. */

export type Method = "get" | "post" | "put" | "patch" | "delete";

/** The paths that have the method. */
export type PathOf<M extends Method> = {
  [P in keyof paths]: paths[P][M] extends { responses: unknown } ? P : never;
}[keyof paths];

type Operation<M extends Method, P extends PathOf<M>> = NonNullable<paths[P][M]>;
type Parameters<O, In extends string> = O extends { parameters: { [K in In]?: infer T } } ? NonNullable<T> : never;
type JsonBody<O> = O extends { requestBody?: infer R } ? ContentOf<NonNullable<R>> : never;
type ContentOf<R> = [R] extends [never] ? never : R extends { content: { "application/json": infer B } } ? B : never;
type JsonOf<R> = R extends { content: { "application/json": infer T } } ? T : undefined;

/** What a successful call answers. */
export type Answer<M extends Method, P extends PathOf<M>> =
  Operation<M, P> extends { responses: infer R } ? JsonOf<R[Extract<keyof R, 200 | 201 | 204>]> : never;

type Required_<Name extends string, T> = [T] extends [never] ? unknown : { readonly [N in Name]: T };
type Optional_<Name extends string, T> = [T] extends [never] ? unknown : { readonly [N in Name]?: T };

/** What a call takes: `path` and `body` where the operation has them, `query` as far as it has one. */
export type Options<M extends Method, P extends PathOf<M>> = Required_<"path", Parameters<Operation<M, P>, "path">> &
  Required_<"body", JsonBody<Operation<M, P>>> &
  Optional_<"query", Loose<Parameters<Operation<M, P>, "query">>> & {
    readonly headers?: Readonly<Record<string, string>>;
    readonly signal?: AbortSignal;
  };

/** A parameter may be given as undefined or null: it is then left out. */
type Loose<T> = [T] extends [never] ? never : { readonly [K in keyof T]?: T[K] | null | undefined };

/** Options may be left away where the operation needs none. */
export type OptionsArgument<M extends Method, P extends PathOf<M>> =
  Record<never, never> extends Options<M, P> ? [options?: Options<M, P>] : [options: Options<M, P>];

/** The paths that answer with a page of a list. */
export type ListPath = {
  [P in PathOf<"get">]: Answer<"get", P> extends { readonly items: readonly unknown[]; readonly next: string | null }
    ? P
    : never;
}[PathOf<"get">];

/** An element of a list. */
export type ItemOf<P extends ListPath> = Answer<"get", P> extends { readonly items: readonly (infer T)[] } ? T : never;
