using System.Text.Encodings.Web;
using System.Text.Json;

namespace EmbeddingAdmin.Local;

/// <summary>A row of <c>profiles</c> before it is loaded.</summary>
internal sealed record DemoProfile(Guid Id, string? DisplayName, string? Bio, string Preferences);

/// <summary>The demo's users and what they like, the same ones every time.</summary>
internal static class DemoProfiles
{
    public const int Count = 1500;
    public const int Blank = 25;

    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly string[] First = ["Ada", "Bruno", "Chiara", "Dmitri", "Esra", "Farid", "Greta", "Hiroshi", "Ines", "Jonas", "Kofi", "Léa", "Mateo", "Nadia", "Oskar", "Priya", "Quentin", "Rosa", "Sven", "Tomiko", "Uma", "Viktor", "Wanda", "Ximena", "Yara", "Zoë"];
    private static readonly string[] Last = ["Abara", "Berg", "Castillo", "Dubois", "Eriksen", "Fontaine", "Gruber", "Haddad", "Ivanov", "Jansen", "Kowalski", "Lindqvist", "Mori", "Nwosu", "Okafor", "Petrov", "Rossi", "Schmidt", "Tanaka", "Ueda", "Vargas", "Weber", "Yilmaz", "Zhou"];
    private static readonly string[] Jobs = ["teaches chemistry", "drives a night bus", "repairs clocks", "keeps bees", "runs a small bakery", "writes firmware", "nurses on a children's ward", "restores old boats", "sells second-hand records", "studies law"];
    private static readonly string[] Towns = ["Porto", "Leipzig", "Gdańsk", "Osaka", "Lagos", "Valparaíso", "Leeds", "Izmir", "Montréal", "Tbilisi", "Bergen", "Hobart"];
    private static readonly string[] Habits = ["reads on the train", "reads the last page first", "never finishes a trilogy", "collects first lines", "listens to stories while cooking", "reads aloud to the cat", "keeps a list of villains", "writes in margins"];
    private static readonly Dictionary<string, string[]> Likes = new(StringComparer.Ordinal)
    {
        ["noir"] = ["detectives who lose", "rain, neon and bad alibis"],
        ["scifi"] = ["starships and first contact", "robots with doubts"],
        ["romance"] = ["slow love stories", "letters, weddings and second chances"],
        ["fantasy"] = ["dragons and old magic", "quests with a price"],
        ["horror"] = ["haunted houses", "ghosts that are patient"],
        ["comedy"] = ["farce and bad-tempered geese", "office satire"],
        ["western"] = ["outlaws and wide deserts", "a good showdown at noon"],
        ["sea"] = ["storms, ships and islands", "whales and wrecks"],
    };
    private static readonly string[] Moods = ["hopeful", "dark", "tender", "eerie", "witty", "epic", "melancholy", "quiet"];
    private static readonly string[] Lengths = ["flash", "short", "long read"];
    private static readonly string[] Avoid = ["gore", "cliffhangers", "love triangles", "talking animals", "dream sequences"];

    /// <summary>One id for each user; the first of them write the stories.</summary>
    public static Guid[] UserIds()
    {
        var random = new DemoRandom(0x0513);
        return [.. Enumerable.Range(0, Count).Select(_ => random.Uuid())];
    }

    /// <param name="users">The ids, in order.</param>
    public static IEnumerable<DemoProfile> Make(IReadOnlyList<Guid> users)
    {
        var random = new DemoRandom(0x9120F11E);
        var blank = random.Shuffled(Enumerable.Range(0, Count))[..Blank].ToHashSet();
        for (var i = 0; i < Count; i++)
        {
            if (blank.Contains(i))
            {
                var nothing = i % 2 == 0 ? null : " ";
                yield return new DemoProfile(users[i], nothing, nothing, "{}");
                continue;
            }
            var genres = random.Shuffled(StoryWords.GenreNames)[..(1 + random.Below(3))];
            var name = $"{random.Pick(First)} {random.Pick(Last)}";
            var bio = $"{name} {random.Pick(Jobs)} in {random.Pick(Towns)} and {random.Pick(Habits)}. "
                + string.Join(' ', genres.Select(genre => $"Likes {random.Pick(Likes[genre])}."));
            // Now and then a bio is left out and only the preferences speak.
            yield return new DemoProfile(users[i], name, random.OneIn(20) ? null : bio, Preferences(random, genres));
        }
    }

    private static string Preferences(DemoRandom random, string[] genres)
    {
        var preferences = new Dictionary<string, string[]>(StringComparer.Ordinal)
        {
            ["genres"] = genres,
            ["moods"] = random.Shuffled(Moods)[..(1 + random.Below(3))],
        };
        if (random.OneIn(2)) preferences["lengths"] = random.Shuffled(Lengths)[..(1 + random.Below(2))];
        if (random.OneIn(3)) preferences["avoid"] = [random.Pick(Avoid)];
        return JsonSerializer.Serialize(preferences, Plain);
    }
}
