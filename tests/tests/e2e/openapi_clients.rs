//! `/openapi.json` as others read it: public validators find it valid, and public generators make typed clients of it
//! that send a command and a query.

use std::path::Path;

use aerosports_tests::{Up, tools::installed};
use tempfile::TempDir;
use tokio::process::Command;

use crate::BINARY;

/// A running `up` with its document in a folder.
struct Documented {
    up: Up,
    folder: TempDir,
}

impl Documented {
    async fn start() -> Self {
        let (up, folder) = (Up::start(BINARY).await.unwrap(), tempfile::tempdir().unwrap());
        let document = up.client().get("/openapi.json", &[]).await.unwrap();
        std::fs::write(folder.path().join("openapi.json"), document.text()).unwrap();
        Self { up, folder }
    }

    /// What a tool prints, run in the folder, with the address and the key of `up` in its environment.
    async fn run(&self, program: &Path, arguments: &[&str]) -> String {
        let output = Command::new(program)
            .args(arguments)
            .current_dir(self.folder.path())
            .env("AERO_URL", format!("http://{}", self.up.process.address))
            .env("AERO_KEY", &self.up.admin)
            .output()
            .await
            .unwrap();
        let text =
            [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        assert!(output.status.success(), "{} {arguments:?}: {text}", program.display());
        text
    }

    fn write(&self, file: &str, text: &str) {
        std::fs::write(self.folder.path().join(file), text).unwrap();
    }
}

#[tokio::test]
async fn the_document_is_valid_by_two_public_validators() {
    let documented = Documented::start().await;
    let node = installed("openapi-npm/node_modules/.bin/validate-api").unwrap();
    assert!(documented.run(&node, &["openapi.json"]).await.contains("\"valid\": true"));
    let python = installed("openapi/bin/openapi-spec-validator").unwrap();
    assert!(documented.run(&python, &["openapi.json"]).await.contains("OK"));
    documented.write("wrong.json", r#"{"openapi": "3.1.0", "info": {"title": "no version"}, "paths": {}}"#);
    let refused = Command::new(python).arg("wrong.json").current_dir(documented.folder.path()).output().await;
    assert!(!refused.unwrap().status.success(), "it refuses what is not valid");
}

const TYPESCRIPT: &str = r#"
import createClient from "openapi-fetch";
import type { paths } from "./api";

const client = createClient<paths>({
  baseUrl: process.env.AERO_URL!,
  headers: { "X-API-Key": process.env.AERO_KEY! },
});
const made = await client.POST("/v1/locations", {
  body: { code: "typed", name: "Typed", time_zone: "Europe/Berlin" },
});
if (!made.data) throw new Error(JSON.stringify(made.error));
const token: string = made.data.token;
const found = await client.GET("/v1/locations", {
  params: { header: { "Aero-Min-Position": token, "Aero-Max-Wait": 10 } },
});
if (!found.data) throw new Error(JSON.stringify(found.error));
const codes: string[] = found.data.items.map((location) => location.code);
console.log(`found ${codes.join()}`);
// @ts-expect-error a code is no number
client.POST("/v1/locations", { body: { code: 7, name: "Typed", time_zone: "UTC" } }).catch(() => {});
"#;

#[tokio::test]
async fn a_typescript_client_made_of_the_document_sends_a_command_and_a_query() {
    let documented = Documented::start().await;
    let modules = installed("openapi-npm/node_modules").unwrap().canonicalize().unwrap();
    std::os::unix::fs::symlink(&modules, documented.folder.path().join("node_modules")).unwrap();
    documented.run(&modules.join(".bin/openapi-typescript"), &["openapi.json", "-o", "api.ts"]).await;
    documented.write("package.json", r#"{"type": "module"}"#);
    documented.write("globals.d.ts", "declare const process: { env: Record<string, string | undefined> };");
    documented.write("client.ts", TYPESCRIPT);
    let options =
        "--strict --target es2022 --module esnext --moduleResolution bundler --skipLibCheck --lib es2022,dom";
    let mut arguments: Vec<_> = options.split(' ').collect();
    arguments.extend(["client.ts", "globals.d.ts"]);
    documented.run(&modules.join(".bin/tsc"), &arguments).await;
    let printed = documented.run(Path::new("node"), &["client.js"]).await;
    assert!(printed.contains("found typed"), "{printed}");
}

const PYTHON: &str = r#"
import os
from client import AuthenticatedClient
from client.api.locations import get_locations, post_locations
from client.models import OpenLocationRequest

client = AuthenticatedClient(
    base_url=os.environ["AERO_URL"], token=os.environ["AERO_KEY"], prefix="", auth_header_name="X-API-Key"
)
made = post_locations.sync(client=client, body=OpenLocationRequest(code="typed", name="Typed", time_zone="UTC"))
found = get_locations.sync(client=client, aero_min_position=made.token, aero_max_wait=10)
print("found", [location.code for location in found.items])
"#;

#[tokio::test]
async fn a_python_client_made_of_the_document_sends_a_command_and_a_query() {
    let documented = Documented::start().await;
    let generator = installed("openapi/bin/openapi-python-client").unwrap();
    documented.write("config.yml", "package_name_override: client\npost_hooks: []\n");
    let arguments =
        "generate --path openapi.json --output-path . --overwrite --meta none --config config.yml";
    let mut arguments: Vec<_> = arguments.split(' ').collect();
    arguments[4] = "client";
    documented.run(&generator, &arguments).await;
    documented.write("use.py", PYTHON);
    let printed = documented.run(&installed("openapi/bin/python").unwrap(), &["use.py"]).await;
    assert!(printed.contains("found ['typed']"), "{printed}");
}
