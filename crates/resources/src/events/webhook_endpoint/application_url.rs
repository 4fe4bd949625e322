//! The webhook URL in an application's settings: an endpoint of the platform like any other, made and kept by the
//! settings.
use super::{New, WebhookEndpoint, add, change, check_url, remove};
use api::{Cx, Stop, access::Application};
use base::Metadata;

/// Sets or clears the webhook URL of an application (of the mode that the application is of). The caller puts the
/// application afterwards: its `webhook` names the endpoint.
///
/// Returns the secret where a new endpoint was made for it; it is shown once. Errors: the URL is not acceptable
/// (`param: url`), the platform has too many endpoints.
pub async fn set_application_url(
    cx: &mut Cx<'_>,
    application: &mut Application,
    url: Option<&str>,
) -> Result<Option<String>, Stop> {
    let (platform, live) = (application.platform.0.clone(), application.livemode.0);
    let known = match &application.webhook.0 {
        Some(id) => cx.get_of::<WebhookEndpoint>(&platform, live, id).await?,
        None => None,
    };
    let Some(url) = url else {
        if let Some(endpoint) = known {
            remove(cx, &platform, &endpoint).await?;
        }
        application.webhook.0 = None;
        return Ok(None);
    };
    check_url(url, live, cx.world.dev)?;
    if let Some(mut endpoint) = known {
        if endpoint.url != url {
            url.clone_into(&mut endpoint.url);
            change(cx, &platform, &mut endpoint).await?;
        }
        return Ok(None);
    }
    let new = New {
        account: platform,
        livemode: live,
        api_version: None,
        application: Some(application.id.clone()),
        connect: true,
        description: Some("The webhook URL of the application".into()),
        enabled_events: vec!["*".into()],
        metadata: Metadata::default(),
        url: url.to_owned(),
        by: None,
        destination: None,
    };
    let endpoint = add(cx, new).await?;
    application.webhook.0 = Some(endpoint.id);
    Ok(endpoint.secret.0)
}
