using System.Text;

namespace EmbeddingAdmin.Local;

/// <summary>The words and sentences of one genre or language: a text file of <c>[sections]</c> with one entry a line.</summary>
internal sealed class StoryWords
{
    private readonly Dictionary<string, string[]> sections;

    private StoryWords(string name, bool isForeign, Dictionary<string, string[]> sections)
    {
        Genre = sections.TryGetValue("genre", out var genre) ? genre[0] : name;
        IsForeign = isForeign;
        this.sections = sections;
    }

    public static string[] GenreNames { get; } = ["noir", "scifi", "romance", "fantasy", "horror", "comedy", "western", "sea"];

    public static string[] LanguageNames { get; } = ["de", "fr", "es", "ja", "ar"];

    public string Genre { get; }

    /// <summary>Not English.</summary>
    public bool IsForeign { get; }

    public string[] Tags => sections["tags"];

    public static StoryWords[] Genres() => [.. GenreNames.Select(name => Read(name, isForeign: false))];

    public static StoryWords[] Languages() => [.. LanguageNames.Select(name => Read(name, isForeign: true))];

    /// <summary>People, a place and a thing; they stay the same for as long as a chapter runs.</summary>
    public Cast NewCast(DemoRandom random, string? hero = null) =>
        new(hero ?? random.Pick(sections["heroes"]), random.Pick(sections["others"]), random.Pick(sections["places"]), random.Pick(sections["things"]));

    public string Title(DemoRandom random, Cast cast) => Capital(cast.Fill(random.Pick(sections["titles"])));

    /// <summary>The sentences of one chapter: opening, scenes, a turn, more scenes, an ending.</summary>
    public IEnumerable<string> Chapter(DemoRandom random, Cast cast)
    {
        var scenes = random.Shuffled(sections["scene"]);
        var before = scenes.Length / 2;
        string[] templates = [random.Pick(sections["opening"]), .. scenes[..before], random.Pick(sections["turn"]), .. scenes[before..], random.Pick(sections["ending"])];
        return templates.Select(template => Capital(cast.Fill(template)));
    }

    private static string Capital(string sentence) => char.ToUpperInvariant(sentence[0]) + sentence[1..];

    private static StoryWords Read(string name, bool isForeign)
    {
        var read = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        var section = "";
        foreach (var line in Resource.Text($"{name}.txt").Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith('[')) read[section = line[1..^1]] = [];
            else read[section].Add(line);
        }
        return new StoryWords(name, isForeign, read.ToDictionary(pair => pair.Key, pair => pair.Value.ToArray(), StringComparer.Ordinal));
    }

    /// <summary>Who and what a chapter is about. A hero's line closes with the two pronouns.</summary>
    internal sealed record Cast(string Hero, string Other, string Place, string Thing)
    {
        public string Fill(string template)
        {
            var hero = Hero.Split(' ');
            return new StringBuilder(template)
                .Replace("{hero}", string.Join(' ', hero[..^2])).Replace("{she}", hero[^2]).Replace("{her}", hero[^1])
                .Replace("{other}", Other).Replace("{place}", Place).Replace("{thing}", Thing).ToString();
        }
    }
}
