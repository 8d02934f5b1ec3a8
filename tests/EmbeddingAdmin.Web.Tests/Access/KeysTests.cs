using AngleSharp.Dom;
using Bunit;
using EmbeddingAdmin.Access;
using EmbeddingAdmin.Web.Access;
using EmbeddingAdmin.Web.Components;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace EmbeddingAdmin.Web.Tests.Access;

public sealed class KeysTests : BunitContext
{
    private const string Secret = "sb_secret_0123456789abcdefghijAB_01234567";
    private const string Publishable = "sb_publishable_0123456789abcdefghijAB_01234567";

    private readonly ManualClock _clock = new();

    public KeysTests() => Services.AddSingleton<TimeProvider>(_clock);

    [Fact]
    public void Each_key_is_shown_with_kind_project_expiry_fingerprint_and_since_when_and_never_its_value()
    {
        var page = Render<Keys>(keys => keys.Add(k => k.Reports, Reports(("Supabase:ServiceKey", Secret), ("Embeddings:ApiKey", "sk-proj-hush-0123456789"))));

        var service = Words(page.Find("[data-setting='Supabase:ServiceKey']"));
        foreach (var fact in (string[])["Service key", "In force", "secret key", SupabaseKey.Read(Secret).Fingerprint, "it names none", "it does not say", "15:09:26"])
            Assert.Contains(fact, service, StringComparison.Ordinal);
        Assert.Contains("OpenAI key", page.Find("[data-setting='Embeddings:ApiKey']").TextContent, StringComparison.Ordinal);
        Assert.Contains("Not set", page.Find("[data-setting='Supabase:AnonKey']").TextContent, StringComparison.Ordinal);
        Assert.Empty(page.FindAll("[data-setting='Supabase:AnonKey'] dl"));
        Assert.DoesNotContain("hush", page.Markup, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void A_warning_a_fault_and_a_value_that_was_not_taken_are_said_with_their_codes()
    {
        var report = Reports(("Supabase:ServiceKey", Secret))[0];
        var warned = report with { Warnings = [new("EA-KEY-10", "Supabase:ServiceKey", "It is of a kind that is being retired.")] };
        var refused = report with { Refused = new(new("EA-KEY-01", "Supabase:ServiceKey", "This is the publishable key. It was not taken."), _clock.GetUtcNow().AddMinutes(1)) };
        var expired = report with { Fault = new("EA-KEY-03", "Supabase:ServiceKey", "The key expired yesterday.") };

        Assert.Equal(("In force", "tone-warning", true), Shown(warned, "It is of a kind that is being retired. EA-KEY-10"));
        Assert.Equal(("In force; a new one was not taken", "tone-warning", true), Shown(refused, "This is the publishable key. It was not taken. EA-KEY-01 seen at 15:10:26"));
        Assert.Equal(("Of no use", "tone-bad", true), Shown(expired, "The key expired yesterday. EA-KEY-03"));

        (string Badge, string Tone, bool IsSaid) Shown(KeyReport key, string words)
        {
            var page = Render<Keys>(keys => keys.Add(k => k.Reports, [key]));
            var badge = page.Find(".key-head .status-badge");
            return (badge.LastChild!.TextContent, badge.ClassList.Single(name => name.StartsWith("tone-", StringComparison.Ordinal)), Words(page.Find("li")).Contains(words, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void What_a_key_can_really_do_is_said_for_each_table_and_never_concluded()
    {
        var page = Render<Keys>(keys => keys
            .Add(k => k.Reports, Reports(("Supabase:ServiceKey", Secret), ("Supabase:AnonKey", Publishable)))
            .Add(k => k.Matrices, [
                Matrix("stories", Cells(Identity.ServiceKey, AccessAnswer.Yes, AccessAnswer.Yes, AccessAnswer.Yes), Cells(Identity.AnonymousKey, AccessAnswer.Yes, AccessAnswer.SilentlyNo, AccessAnswer.No)),
                Matrix("profiles", Cells(Identity.ServiceKey, AccessAnswer.Yes, AccessAnswer.NotMeasured, AccessAnswer.NotMeasured)),
            ]));

        Assert.Equal("stories Writes Sticks: Yes.", Words(page.Find("[data-setting='Supabase:ServiceKey'] [data-table=stories]")));
        Assert.Equal("profiles Reads; writing was not measured Changes: NotMeasured.", Words(page.Find("[data-setting='Supabase:ServiceKey'] [data-table=profiles]")));
        Assert.Equal("stories Writes are dropped without an error Changes: SilentlyNo.", Words(page.Find("[data-setting='Supabase:AnonKey'] [data-table=stories]")));
        Assert.Equal("profiles nobody has looked", Words(page.Find("[data-setting='Supabase:AnonKey'] [data-table=profiles]")));
        Assert.Empty(page.FindAll("[data-setting='Embeddings:ApiKey'] [data-table]"));
    }

    [Theory]
    [InlineData(AccessAnswer.Yes, AccessAnswer.Yes, AccessAnswer.Yes, "Writes", Tone.Good, Tone.Bad)]
    [InlineData(AccessAnswer.Yes, AccessAnswer.SilentlyNo, AccessAnswer.No, "Writes are dropped without an error", Tone.Bad, Tone.Warning)]
    [InlineData(AccessAnswer.Yes, AccessAnswer.Yes, AccessAnswer.No, "Writes are dropped without an error", Tone.Bad, Tone.Warning)]
    [InlineData(AccessAnswer.Yes, AccessAnswer.No, AccessAnswer.No, "Only reads", Tone.Bad, Tone.Good)]
    [InlineData(AccessAnswer.No, AccessAnswer.No, AccessAnswer.No, "Nothing", Tone.Bad, Tone.Good)]
    [InlineData(AccessAnswer.Yes, AccessAnswer.NotMeasured, AccessAnswer.NotMeasured, "Reads; writing was not measured", Tone.Neutral, Tone.Neutral)]
    [InlineData(AccessAnswer.NotMeasured, AccessAnswer.NotMeasured, AccessAnswer.NotMeasured, "Not measured", Tone.Neutral, Tone.Neutral)]
    public void The_same_is_good_news_of_one_key_and_bad_news_of_the_other(AccessAnswer sees, AccessAnswer changes, AccessAnswer sticks, string word, Tone service, Tone anonymous)
    {
        foreach (var (identity, tone) in new[] { (Identity.ServiceKey, service), (Identity.AnonymousKey, anonymous) })
        {
            var (look, _) = KeyLook.Can(Matrix("stories", Cells(identity, sees, changes, sticks)), identity)!.Value;
            Assert.Equal((word, tone), (look.Word, look.Tone));
        }
    }

    [Fact]
    public void What_else_was_changed_in_the_files_is_said_once()
    {
        var page = Render<Keys>(keys => keys.Add(k => k.Reports, Reports()).Add(k => k.Notes, [new("EA-CFG-17", ".env", "Embeddings:Model was changed. It counts from the next start on.")]));
        Assert.Equal(".env Embeddings:Model was changed. It counts from the next start on. EA-CFG-17", Words(page.FindAll(".note").Single()));
    }

    private static AccessMatrix Matrix(string table, params AccessCell[][] cells) => new(table, "postgres", [.. cells.SelectMany(c => c)], Sample.Now);

    private static AccessCell[] Cells(Identity identity, AccessAnswer sees, AccessAnswer changes, AccessAnswer sticks) =>
        [.. new[] { (AccessQuestion.Sees, sees), (AccessQuestion.Changes, changes), (AccessQuestion.Sticks, sticks) }.Select(asked => new AccessCell(identity, asked.Item1, asked.Item2, $"{asked.Item1}: {asked.Item2}.", Evidence.None, Sample.Now))];

    private IReadOnlyList<KeyReport> Reports(params (string Setting, string Key)[] keys)
    {
        using var ring = new KeyRing(new ConfigurationBuilder().AddInMemoryCollection(keys.Select(key => KeyValuePair.Create(key.Setting, (string?)key.Key))).Build(), _clock, NullLogger<KeyRing>.Instance);
        return ring.Report();
    }

    // Icons are spelt out in the markup, and hidden from whoever reads it.
    private static string Words(IElement element) => string.Join(' ', element.GetDescendants().OfType<IText>()
        .Where(text => text.ParentElement?.ClassList.Contains("rzi") != true).SelectMany(text => text.Data.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)));
}
