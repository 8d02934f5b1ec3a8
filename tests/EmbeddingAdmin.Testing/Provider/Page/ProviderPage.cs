using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;

namespace EmbeddingAdmin.Testing.Provider;

/// <summary>The provider's own page, written on the server: what it has seen, what it does, and how to make it do something else.</summary>
/// <param name="provider">The provider.</param>
/// <param name="chosen">The occasion that is chosen in the form.</param>
/// <param name="played">The deviation that was just played; null when none was.</param>
/// <param name="refusal">Why the last change was not made; null when it was.</param>
internal sealed class ProviderPage(ScriptedProvider provider, Occasion chosen, Deviation? played = null, string? refusal = null)
{
    private static readonly (When When, string Label)[] Occasions =
    [
        (When.Next, "the next <i>n</i>"), (When.Every, "every <i>n</i>-th"), (When.After, "all after <i>n</i> more"),
        (When.Always, "all"), (When.Containing, "texts containing the words"), (When.Probes, "probes"),
    ];

    /// <summary>The whole page.</summary>
    public string Write() => $"""
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Scripted provider</title>
        <link rel="icon" href="data:,">
        <link rel="stylesheet" href="/page.css">
        <script src="/page.js" defer></script>
        </head>
        <body>
        <header>
        <h1>Scripted provider</h1>
        <p>A server that speaks OpenAI’s embeddings API and misbehaves on demand. Its vectors are made up; the same text always gets the same one.</p>
        </header>
        <main>
        {Refusal()}
        <div id="live">{Live()}</div>
        <form method="post" action="/clear" class="clear"><button>Clear all</button> <span class="quiet">Well-behaved and quick again; what hangs is answered. The counts stay.</span></form>
        {Dashboard()}
        {Switches()}
        {Deviations()}
        {ByHand()}
        </main>
        </body>
        </html>
        """;

    /// <summary>The part of the page that is fetched again each second.</summary>
    public string Live()
    {
        var counts = provider.Counts;
        return $"""
            <section aria-labelledby="counts">
            <h2 id="counts">Seen so far</h2>
            <dl class="counts">
            {Count("Requests", counts.Calls)}{Count("Answered", counts.Answered)}{Count("In flight", counts.InFlight)}{Count("At once at most", counts.MostInFlight)}
            {Count("Texts", counts.Texts)}{Count("Sent again", counts.SeenAgain)}{Count("Tokens charged", counts.Tokens)}{Count("Probes", counts.Probes)}
            </dl>
            </section>
            <section aria-labelledby="playing">
            <h2 id="playing">Playing now</h2>
            {Playing()}
            </section>
            """;
    }

    private static string Count(string name, long value) => $"<div><dt>{name}</dt><dd>{value.ToString("N0", CultureInfo.InvariantCulture)}</dd></div>";

    private string Refusal() => refusal is null ? "" : $"""<p role="alert" class="refusal">Nothing was changed: {E(refusal)}</p>""";

    private string Playing()
    {
        var script = provider.Script;
        List<string> lines = [];
        if (script.Down != Outage.None)
            lines.Add(script.Down == Outage.Dropped ? "It is down: every connection is dropped." : "It is down: every request is answered by 503.");
        if (script.Hang)
            lines.Add("Every request hangs.");
        if (script.HangProbes)
            lines.Add("Every probe hangs.");
        if (script.Key is not null)
            lines.Add("Only one key is taken.");
        if (script.Latency > TimeSpan.Zero)
            lines.Add($"Each answer takes {script.Latency.TotalMilliseconds:0} ms.");
        if (script.Limits is { } limits)
            lines.Add($"Limits: {limits}.");
        if (script.FailEvery > 0)
            lines.Add($"One request in {script.FailEvery} fails with {script.Failure.Status}.");
        if (script.Probe != new ScriptedAnswer())
            lines.Add($"{Deviation.All.FirstOrDefault(known => known.Answer == script.Probe)?.Name ?? "an answer of one’s own"}: probes");
        lines.AddRange(script.Playing);
        return lines.Count == 0
            ? """<p class="quiet">Nothing: it is well-behaved.</p>"""
            : $"<ul>{string.Concat(lines.Take(20).Select(line => $"<li>{E(line)}</li>"))}{(lines.Count > 20 ? $"<li>and {lines.Count - 20} more</li>" : "")}</ul>";
    }

    private string Dashboard() => $"""
        <section aria-labelledby="dashboard">
        <h2 id="dashboard">Point the dashboard at it</h2>
        <p>From the root of the repository; any key will do:</p>
        <pre tabindex="0"><code>dotnet run --project src/EmbeddingAdmin.Web -- --Embeddings:Provider openai \
          --Embeddings:Endpoint {E(provider.Endpoint)} --Embeddings:ApiKey {E(provider.Script.Key ?? "any-key")}</code></pre>
        <p>The same server behind a certificate that nobody vouches for: <code>{E(provider.SelfSignedEndpoint)}</code></p>
        </section>
        """;

    private string Switches()
    {
        var script = provider.Script;
        var limits = script.Limits;
        var kind = SwitchesForm.KindOf(limits);
        return $"""
            <section aria-labelledby="switches">
            <h2 id="switches">Switches</h2>
            <form method="post" action="/switches" class="switches">
            <label>Each answer takes <span><input name="latency" type="number" min="0" max="600000" value="{script.Latency.TotalMilliseconds:0}"> ms</span></label>
            <label>Down <select name="down">{Option("None", "no", script.Down == Outage.None)}{Option("Dropped", "connections are dropped", script.Down == Outage.Dropped)}{Option("Unavailable", "503 for everything", script.Down == Outage.Unavailable)}</select></label>
            <label>Limits of a request <select name="limits">{string.Concat(SwitchesForm.Kinds.Select(known => Option(known.Name, known.Label, known.Name == kind)))}</select></label>
            <label>Requests per minute <input name="rpm" type="number" min="1" value="{limits?.RequestsPerMinute}" placeholder="any number"></label>
            <label>Tokens per minute <input name="tpm" type="number" min="1" value="{limits?.TokensPerMinute}" placeholder="any number"></label>
            <label>The only key taken <input name="key" value="{E(script.Key ?? "")}" placeholder="any key" autocomplete="off" spellcheck="false"></label>
            <label class="check"><input type="checkbox" name="hang" value="true"{(script.Hang ? " checked" : "")}> Requests hang</label>
            <label class="check"><input type="checkbox" name="hangProbes" value="true"{(script.HangProbes ? " checked" : "")}> Probes hang</label>
            <p><button>Apply</button> <span class="quiet">A limit of a minute is enforced as OpenAI does it: two buckets, truthful x-ratelimit headers, and 429 when one is empty.</span></p>
            </form>
            </section>
            """;
    }

    private string Deviations()
    {
        var page = new StringBuilder($"""
            <section aria-labelledby="deviations">
            <h2 id="deviations">Deviations</h2>
            <form method="post" action="/play">
            <div class="occasion"><fieldset>
            <legend>Play to</legend>
            {string.Concat(Occasions.Select(known => $"""<label class="check"><input type="radio" name="when" value="{known.When}"{(known.When == chosen.When ? " checked" : "")}> <span>{known.Label}</span></label>"""))}
            <label><i>n</i> <input name="number" type="number" min="1" value="{chosen.Number}" required></label>
            <label>words <input name="words" value="{E(chosen.Words)}" autocomplete="off"></label>
            {(played is null ? "" : $"""<span role="status" class="quiet">{played.Name}: {E($"{chosen}")}. <a href="#playing">All that is playing</a></span>""")}
            </fieldset></div>
            """);
        foreach (var (title, deviations) in Deviation.Groups)
        {
            page.Append(CultureInfo.InvariantCulture, $"<h3>{E(title)}</h3>\n<ul class=\"deviations\">\n");
            foreach (var deviation in deviations)
            {
                page.Append(CultureInfo.InvariantCulture, $"""
                    <li><button name="deviation" value="{deviation.Name}" aria-describedby="about-{deviation.Name}">{deviation.Name}</button>
                    <div id="about-{deviation.Name}"><p>{E(deviation.Does)}</p><p class="quiet">{E(deviation.Replays)}</p></div></li>

                    """);
            }

            page.Append("</ul>\n");
        }

        return page.Append("</form>\n</section>").ToString();
    }

    private string ByHand()
    {
        var script = new Uri(provider.Address, "/script");
        return $$$"""
            <section aria-labelledby="by-hand">
            <h2 id="by-hand">From a terminal</h2>
            <p>The same by HTTP. What a change does not name stays as it is; <code>GET /script</code> shows everything.</p>
            <pre tabindex="0"><code>curl {{{script}}}
            curl -X PUT {{{script}}} -d '{"clear":true,"latencyMs":200}'
            curl -X PUT {{{script}}} -d '{"play":[{"deviation":"nan","when":"containing","words":"moon"},{"deviation":"http-500","when":"every","number":5}]}'
            curl -X PUT {{{script}}} -d '{"down":"unavailable"}'
            curl -X PUT {{{script}}} -d '{"limits":{"tokensPerMinute":100000,"requestsPerMinute":500}}'
            curl -X PUT {{{script}}} -d '{"next":[{"status":418,"body":"a teapot","headers":{"Retry-After":"3"}}]}'</code></pre>
            <dl class="words">
            <dt><code>clear</code></dt><dd>takes everything back before the rest of the change counts</dd>
            <dt><code>latencyMs</code>, <code>hang</code></dt><dd>how long an answer takes; whether none comes</dd>
            <dt><code>down</code></dt><dd><code>none</code>, <code>dropped</code> or <code>unavailable</code></dd>
            <dt><code>limits</code></dt><dd><code>inputs</code>, <code>inputsStatus</code>, <code>requestTokens</code>, <code>textTokens</code>, <code>textStatus</code>, <code>cutsTexts</code>, <code>refusesEmpty</code>, <code>requestsPerMinute</code>, <code>tokensPerMinute</code>; <code>{}</code> for none</dd>
            <dt><code>play</code></dt><dd>a list of <code>deviation</code>, <code>when</code> (<code>next</code>, <code>every</code>, <code>after</code>, <code>always</code>, <code>containing</code>, <code>probes</code>), <code>number</code>, <code>words</code></dd>
            <dt><code>next</code>, <code>probe</code>, <code>failEvery</code> with <code>failure</code></dt><dd>answers of one’s own: <code>status</code>, <code>body</code>, <code>contentType</code>, <code>headers</code>, <code>misdeed</code>, <code>delivery</code></dd>
            <dt><code>refuse</code></dt><dd>a list of <code>containing</code> and <code>answer</code>, in place of all that were played to texts</dd>
            </dl>
            </section>
            """;
    }

    private static string Option(string value, string label, bool selected) => $"""<option value="{value}"{(selected ? " selected" : "")}>{E(label)}</option>""";

    private static string E(string text) => HtmlEncoder.Default.Encode(text);
}
