//! The operator's binary again, so that the end-to-end tests have one of this build to start.

fn main() -> std::process::ExitCode {
    aerosports::main()
}
