// Builds the addon and what belongs to it: `native.js` (the loader) and `native.d.ts` (the types).
//
// The command `napi build` always passes a target triple, which makes cargo build every dependency a second time; this
// builds in the workspace's target folder and leaves the generating to the same package. With `--built` it takes what
// `NAPI_TYPE_DEF_TMP_FOLDER=target/napi-types cargo build --workspace --all-targets` left, as the tests do.
import { generateTypeDef, writeJsBinding } from "@napi-rs/cli";
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const home = dirname(fileURLToPath(import.meta.url));
const isRelease = process.argv.includes("--release");
const metadata = JSON.parse(
  execFileSync("cargo", ["metadata", "--format-version", "1", "--no-deps"], { cwd: home, maxBuffer: 1 << 28 }),
);
const typeDefDir = join(metadata.target_directory, "napi-types");
if (!process.argv.includes("--built")) {
  const profile = isRelease ? ["--release"] : [];
  rmSync(typeDefDir, { recursive: true, force: true });
  mkdirSync(typeDefDir, { recursive: true });
  // The macros write the types while they expand, so the crate must be expanded anew.
  execFileSync("cargo", ["clean", "--quiet", "-p", "sting-node", ...profile], { cwd: home });
  execFileSync("cargo", ["build", "-p", "sting-node", ...profile], {
    cwd: home,
    stdio: "inherit",
    env: { ...process.env, NAPI_TYPE_DEF_TMP_FOLDER: typeDefDir },
  });
}

const names = { linux: "libsting_node.so", darwin: "libsting_node.dylib", win32: "sting_node.dll" };
const built = join(metadata.target_directory, isRelease ? "release" : "debug", names[process.platform]);
const isMusl = process.platform === "linux" && !process.report.getReport().header.glibcVersionRuntime;
const abi = { linux: isMusl ? "-musl" : "-gnu", darwin: "", win32: "-msvc" }[process.platform];
copyFileSync(built, join(home, `sting.${process.platform}-${process.arch}${abi}.node`));

const { exports, dts } = await generateTypeDef({ typeDefDir, cwd: home });
writeFileSync(join(home, "native.d.ts"), dts);
await writeJsBinding({
  platform: true,
  idents: exports,
  jsBinding: "native.js",
  binaryName: "sting",
  packageName: "sting",
  version: metadata.packages.find(({ name }) => name === "sting-node").version,
  outputDir: home,
});
