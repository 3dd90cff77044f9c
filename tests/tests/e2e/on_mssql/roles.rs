//! Each service under a login that has its role and no other right.

use aerosports::demo::run;
use aerosports_tests::{MssqlDatabase, Process};

use super::{Chain, agree, day};

const ROLES: &str = include_str!("../../../../schema/mssql/roles.sql");

/// What runs, and the role that `roles.sql` says it gets.
const SERVICES: [(&str, &str); 4] = [
    ("command-api", "aerosports_command_api"),
    ("query-api", "aerosports_query_api"),
    ("projector", "aerosports_projector"),
    ("device-worker", "aerosports_command_api"),
];

#[tokio::test]
async fn a_day_passes_with_every_service_on_the_rights_of_its_role() {
    let mut chain = Chain::start().await;
    // Servers other than Microsoft's have no right to make tables: the owner's projector has made them.
    create_roles(&chain.database).await;
    let logins = SERVICES.map(|(service, role)| Login::new(&chain.database, service, role));
    for login in &logins {
        login.create(&chain.database).await;
    }
    let [command_api, query_api, projector, device_worker] = logins.each_ref();
    restart(&mut chain, command_api, |chain| &mut chain.services.command_api).await;
    restart(&mut chain, query_api, |chain| &mut chain.services.query_api).await;
    restart(&mut chain, projector, |chain| &mut chain.services.projector).await;
    restart(&mut chain, device_worker, |chain| &mut chain.services.device_worker).await;

    let target = chain.services.target();
    let ledger = run(&target, &day(), |_, _| {}).await.unwrap();
    agree(&target, &ledger, &chain.database).await;

    let Chain { services, database } = chain;
    drop(services);
    for login in logins {
        database.drop_login(&login.name).await.unwrap();
    }
}

async fn create_roles(database: &MssqlDatabase) {
    for batch in ROLES.split("\nGO\n") {
        match database.run(batch).await {
            Err(error) if format!("{error:#}").contains("not currently supported") => {}
            result => result.unwrap(),
        }
    }
}

async fn restart(chain: &mut Chain, login: &Login, process: impl Fn(&mut Chain) -> &mut Process) {
    process(chain).kill().await.unwrap();
    let url = chain.database.url_as(&format!("{}:{}", login.name, login.password));
    let started = chain.services.serve_on(login.service, &url, &[]).await.unwrap();
    *process(chain) = started;
}

struct Login {
    service: &'static str,
    role: &'static str,
    name: String,
    password: String,
}

impl Login {
    fn new(database: &MssqlDatabase, service: &'static str, role: &'static str) -> Self {
        let name = format!("{}_{}", database.config().database, service.replace('-', "_"));
        let password = format!("Pw-{}", uuid::Uuid::new_v4());
        Self { service, role, name, password }
    }

    async fn create(&self, database: &MssqlDatabase) {
        let Self { role, name, password, .. } = self;
        database.add_login(name, password).await.unwrap();
        database.run(&format!("ALTER ROLE {role} ADD MEMBER {name}")).await.unwrap();
    }
}
