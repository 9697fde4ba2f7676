/** A file copied into the build under a hashed name; the import is its address. */
declare module '*.wasm' {
  const address: string;
  export default address;
}
