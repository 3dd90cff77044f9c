//! `aerosports plugs` against simulated plugs: what people and scripts get, also when something is wrong.

use std::{
    net::{Ipv6Addr, SocketAddr},
    process::Stdio,
    time::Duration,
};

use aerosports_tests::plugs::{Fault, Model, Network, Plug};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    net::{TcpListener, TcpStream},
    process::{Child, ChildStdout, Command},
    time::Instant,
};

use crate::BINARY;

/// A plug that is not there is given up within this.
const PATIENCE: Duration = Duration::from_secs(3);

/// Runs `aerosports`: whether it succeeded, and both outputs.
pub async fn run(arguments: &[&str]) -> (bool, String, String) {
    let output = Command::new(BINARY).args(arguments).stdin(Stdio::null()).output().await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.success(), text(output.stdout), text(output.stderr))
}

/// Standard output of a command that succeeds.
pub async fn succeeded(arguments: &[&str]) -> String {
    let (ok, output, errors) = run(arguments).await;
    assert!(ok, "{arguments:?}: {errors}");
    output
}

/// Standard error of a command that fails.
pub async fn failed(arguments: &[&str]) -> String {
    let (ok, output, errors) = run(arguments).await;
    assert!(!ok, "{arguments:?}: {output}");
    errors
}

/// Every line as JSON.
pub fn json_lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

async fn plug(model: Model) -> (Plug, String) {
    let plug = Plug::start(model).await.unwrap();
    let address = plug.address().to_string();
    (plug, address)
}

#[tokio::test]
async fn a_plug_is_switched_and_the_relay_read_back() {
    let (plug, address) = plug(Model::new_meter("Fog machine")).await;
    let shown = succeeded(&["plugs", "switch", &address, "on"]).await;
    assert_eq!((plug.is_on(), shown.trim()), (true, format!("Fog machine at {address} is on").as_str()));
    let again = succeeded(&["plugs", "switch", &address, "on"]).await;
    assert!(again.contains("already on"), "{again}");
    let row = json_lines(&succeeded(&["plugs", "switch", &address, "off", "--json"]).await).remove(0);
    assert_eq!((plug.is_on(), &row["on"], &row["was_on"]), (false, &json!(false), &json!(true)));
    assert_eq!(row["device_id"], plug.device_id());
    plug.set_fault(Fault::StuckRelay).await.unwrap();
    let stuck = failed(&["plugs", "switch", &address, "on"]).await;
    assert!(stuck.contains("its relay is still off"), "{stuck}");
}

#[tokio::test]
async fn a_meter_is_read_in_watts_volts_amperes_and_watt_hours() {
    for model in [Model::old_meter("Lamp"), Model::new_meter("Lamp")] {
        let (plug, address) = plug(model.with_load(460.0)).await;
        plug.press(0, true);
        let row = json_lines(&succeeded(&["plugs", "energy", &address, "--json"]).await).remove(0);
        let near = |name: &str, expected: f64| (row[name].as_f64().unwrap() - expected).abs() < 0.01;
        assert!(
            near("power_watts", 460.0) && near("voltage_volts", 230.0) && near("current_amps", 2.0),
            "{row}"
        );
        assert!(row["total_watt_hours"].as_f64().unwrap() < 10.0, "{row}");
        let table = succeeded(&["plugs", "energy", &address]).await;
        assert!(table.contains("460.0 W") && table.contains("2.000 A"), "{table}");
    }
    let (_plain, address) = plug(Model::plug("Fan")).await;
    let message = failed(&["plugs", "energy", &address]).await;
    assert!(message.contains("Fan") && message.contains("no energy meter"), "{message}");
}

#[tokio::test]
async fn an_outlet_is_named_by_number_id_or_name_and_must_be() {
    let (strip, address) = plug(Model::metered_strip("Bar")).await;
    let message = failed(&["plugs", "switch", &address, "on"]).await;
    assert!(message.contains("say which outlet") && message.contains("Bar 6"), "{message}");
    assert!(!strip.is_on());
    for (outlet, place) in [("1", 0), ("bar 2", 1), (strip.child_id(2).unwrap().as_str(), 2)] {
        succeeded(&["plugs", "switch", &address, "on", "--outlet", outlet]).await;
        assert!(strip.is_outlet_on(place), "{outlet}");
    }
    for outlet in ["0", "7", "01", "Bar"] {
        let message = failed(&["plugs", "switch", &address, "on", "--outlet", outlet]).await;
        assert!(message.contains(&format!("no outlet {outlet}")), "{message}");
    }
    let on: Vec<_> = (0..6).filter(|outlet| strip.is_outlet_on(*outlet)).collect();
    assert_eq!(on, [0, 1, 2]);
    let rows = json_lines(&succeeded(&["plugs", "energy", &address, "--json"]).await);
    let watts: Vec<_> = rows.iter().map(|row| row["power_watts"].as_f64().unwrap() > 1.0).collect();
    assert_eq!(watts, [true, true, true, false, false, false]);
    succeeded(&["plugs", "switch", &address, "off", "--outlet", "all"]).await;
    assert!(!strip.is_on());
    let (_plug, address) = plug(Model::plug("Fan")).await;
    let message = failed(&["plugs", "switch", &address, "on", "--outlet", "1"]).await;
    assert!(message.contains("leave --outlet away"), "{message}");
}

#[tokio::test]
async fn a_search_finds_plugs_strips_and_newer_firmware() {
    let network = Network::start(0).await.unwrap();
    let (fog, strip, new) = (
        plug(Model::plug("Fog")).await.0,
        plug(Model::strip("Bar")).await.0,
        plug(Model::plug("New")).await.0,
    );
    network.join(&fog);
    network.join(&strip);
    new.set_fault(Fault::NewFirmware).await.unwrap();
    let (all, one) = (network.address().to_string(), new.address().ip().to_string());
    let search = ["plugs", "discover", "--target", &all, "--target", &one, "--wait", "1.5"];
    let rows = json_lines(&succeeded(&[&search[..], &["--json"]].concat()).await);
    let row = |address: String| rows.iter().find(|row| row["address"] == address).unwrap();
    assert_eq!(rows.len(), 3);
    assert_eq!(row(fog.address().to_string())["device_id"], fog.device_id());
    assert_eq!(row(fog.address().to_string())["mac"], fog.mac());
    assert_eq!(row(strip.address().to_string())["children"][2]["id"], strip.child_id(2).unwrap());
    assert_eq!(row(one.clone())["unsupported_firmware"], "KLAP");
    let table = succeeded(&search).await;
    assert!(table.contains("Fog") && table.contains("Bar 3") && table.contains("not supported"), "{table}");
    let listed = json_lines(&succeeded(&["plugs", "list", "--target", &all, "--wait", "1", "--json"]).await);
    assert_eq!(listed.len(), 4);
}

#[tokio::test]
async fn a_search_that_finds_nothing_says_what_to_check() {
    let silent = plug(Model::plug("Fog")).await.0;
    silent.set_fault(Fault::Mute).await.unwrap();
    let target = silent.address().to_string();
    for command in ["discover", "list"] {
        let message = in_time(async || failed(&["plugs", command, "--target", &target]).await).await;
        for check in ["no plug answered", "power", "wifi", "firewall"] {
            assert!(message.contains(check), "{message}");
        }
    }
}

/// What `plugs switch` says about a plug with this fault, and that it says so in time.
async fn complaint(fault: Fault) -> String {
    let (plug, address) = plug(Model::plug("Fog")).await;
    plug.set_fault(fault).await.unwrap();
    complaint_of(&address).await
}

async fn complaint_of(host: &str) -> String {
    in_time(async || failed(&["plugs", "switch", host, "off"]).await).await
}

/// What `act` gives when it is through in time. A busy machine gets three tries: what has no bound of its
/// own fails them all.
async fn in_time<T>(act: impl AsyncFn() -> T) -> T {
    let mut took = Vec::new();
    for _ in 0..3 {
        let begun = Instant::now();
        let outcome = act().await;
        took.push(begun.elapsed());
        if begun.elapsed() < PATIENCE {
            return outcome;
        }
    }
    panic!("three tries took {took:?}");
}

#[tokio::test]
async fn a_plug_that_is_not_there_fails_in_time_and_names_what_to_check() {
    let (dead, address) = plug(Model::plug("Fog")).await;
    dead.lose_power().await.unwrap();
    let message = complaint_of(&address).await;
    for check in ["nothing answers", "power", "wifi", "address", "firewall"] {
        assert!(message.contains(check), "{message}");
    }
    let cases = [
        (Fault::Refuse, "nothing listens"),
        (Fault::Mute, "says nothing"),
        (Fault::Drip(Duration::from_millis(50)), "says nothing"),
        (Fault::Garbage, "does not speak as a Kasa plug does"),
        (Fault::Oversize, "does not speak as a Kasa plug does"),
        (Fault::HangUp, "closed the connection"),
        (Fault::Cut(9), "closed the connection"),
    ];
    for (fault, expected) in cases {
        let message = complaint(fault.clone()).await;
        assert!(message.contains(expected) && message.contains("\n  check "), "{fault:?}: {message}");
    }
    let message = complaint_of("nobody.invalid").await;
    assert!(message.contains("nobody.invalid"), "{message}");
    let refused = complaint(Fault::Refusal { method: Some("set_relay_state"), code: -3 }).await;
    assert!(refused.contains("refused") && refused.contains("invalid argument"), "{refused}");
}

#[tokio::test]
async fn newer_firmware_is_never_called_off_line() {
    let message = complaint(Fault::NewFirmware).await;
    assert!(message.contains("KLAP") && message.contains("on line with newer firmware"), "{message}");
    for wrong in ["nothing answers", "check power", "offline", "off line"] {
        assert!(!message.contains(wrong), "{message}");
    }
}

#[tokio::test]
async fn a_list_shows_the_plugs_that_answer_beside_those_that_do_not() {
    let (lamp, lit) = plug(Model::new_meter("Lamp").with_load(100.0)).await;
    let (dead, dark) = plug(Model::plug("Fog")).await;
    lamp.press(0, true);
    dead.lose_power().await.unwrap();
    let (ok, table, _) = in_time(async || run(&["plugs", "list", &lit, &dark]).await).await;
    assert!(!ok && table.contains("100.0 W") && table.contains("nothing answers"), "{table}");
    let (_, lines, _) = run(&["plugs", "list", &lit, &dark, "--json"]).await;
    let rows = json_lines(&lines);
    assert_eq!((&rows[0]["on"], &rows[0]["alias"]), (&json!(true), &json!("Lamp")));
    assert!(rows[1]["error"].is_string() && rows[1]["check"].as_array().unwrap().len() > 2);
}

#[tokio::test]
async fn a_host_may_have_a_port_a_name_or_ipv6() {
    let (plug, _) = plug(Model::plug("Fog")).await;
    let listener = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).await.unwrap();
    let front = listener.local_addr().unwrap();
    tokio::spawn(forward(listener, plug.address()));
    succeeded(&["plugs", "switch", &front.to_string(), "on"]).await;
    assert!(plug.is_on());
    let local = Plug::start_at(Model::plug("Fog"), "127.0.0.1:0".parse().unwrap()).await.unwrap();
    succeeded(&["plugs", "switch", &format!("localhost:{}", local.address().port()), "on"]).await;
    assert!(local.is_on());
    let (ok, _, message) = run(&["plugs", "switch", "fog machine", "on"]).await;
    assert!(!ok && message.contains("give an address such as"), "{message}");
}

async fn forward(listener: TcpListener, to: SocketAddr) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let mut plug = TcpStream::connect(to).await.unwrap();
        tokio::spawn(async move { tokio::io::copy_bidirectional(&mut stream, &mut plug).await });
    }
}

/// `plugs watch --json`, and its lines.
struct Watch {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Watch {
    fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(BINARY);
        command.args(["plugs", "watch", "--every", "0.1", "--json"]).args(arguments);
        let mut child = command.stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    async fn next(&mut self) -> (Value, Value) {
        let line = tokio::time::timeout(Duration::from_secs(20), self.lines.next_line()).await;
        let mut row: Value = serde_json::from_str(&line.unwrap().unwrap().unwrap()).unwrap();
        (row["change"].take(), row["on"].take())
    }
}

#[tokio::test]
async fn a_watch_tells_every_change_until_interrupted() {
    let (plug, address) = plug(Model::plug("Fog")).await;
    let mut watch = Watch::start(&[&address]);
    assert_eq!(watch.next().await, (json!("is"), json!(false)));
    for on in [true, false] {
        plug.press(0, on);
        assert_eq!(watch.next().await, (json!("switched"), json!(on)));
    }
    plug.set_fault(Fault::Refuse).await.unwrap();
    assert_eq!(watch.next().await.0, "unreachable");
    plug.press(0, true);
    plug.clear_fault().await.unwrap();
    assert_eq!(watch.next().await.0, "reachable");
    assert_eq!(watch.next().await, (json!("switched"), json!(true)));
    let pid = watch.child.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().await.unwrap().success());
    let ended = tokio::time::timeout(Duration::from_secs(10), watch.child.wait()).await;
    assert!(ended.unwrap().unwrap().success());
}

#[tokio::test]
async fn a_watch_without_hosts_finds_the_plugs() {
    let network = Network::start(0).await.unwrap();
    let (plug, _) = plug(Model::strip("Bar")).await;
    network.join(&plug);
    let mut watch = Watch::start(&["--target", &network.address().to_string(), "--wait", "1"]);
    for _ in 0..3 {
        assert_eq!(watch.next().await, (json!("is"), json!(false)));
    }
    plug.press(1, true);
    assert_eq!(watch.next().await, (json!("switched"), json!(true)));
}
