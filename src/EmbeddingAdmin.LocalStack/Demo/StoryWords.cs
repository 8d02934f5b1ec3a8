using System.Text;
using System.Text.RegularExpressions;

namespace EmbeddingAdmin.Local;

/// <summary>The words and sentences of one genre or language: a text file of <c>[sections]</c> with one entry a line.</summary>
internal sealed partial class StoryWords
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

    public string Title(DemoRandom random, Cast cast) => Say(random, "titles", cast, first: true);

    /// <summary>Where a story begins; it names its hero in full.</summary>
    public string Opening(DemoRandom random, Cast cast) => Say(random, "opening", cast, first: true);

    /// <summary>What leads from one chapter, and its cast, to the next.</summary>
    public string Bridge(DemoRandom random, Cast cast) => Say(random, "bridge", cast, first: false);

    public string Ending(DemoRandom random, Cast cast) => Say(random, "ending", cast, first: false);

    /// <summary>The scenes of one chapter, with a turn in their middle. None comes twice.</summary>
    public IEnumerable<string> Chapter(DemoRandom random, Cast cast)
    {
        var scenes = random.Shuffled(sections["scene"]);
        var middle = scenes.Length / 2;
        string[] templates = [.. scenes[..middle], random.Pick(sections["turn"]), .. scenes[middle..]];
        return templates.Select(template => Polish(cast.Fill(template, first: false)));
    }

    private string Say(DemoRandom random, string section, Cast cast, bool first) => Polish(cast.Fill(random.Pick(sections[section]), first));

    private string Polish(string sentence) => Capital(IsForeign ? sentence : BeforeVowel().Replace(sentence, "n "));

    [GeneratedRegex(@"(?<=\b[Aa]) (?=[aeio]|u(?!ni))", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex BeforeVowel();

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

    /// <summary>Who and what a chapter is about. A hero's line is full name, short name and the two pronouns.</summary>
    internal sealed record Cast(string Hero, string Other, string Place, string Thing)
    {
        public string Fill(string template, bool first)
        {
            var hero = Hero.Split('|');
            return new StringBuilder(template)
                .Replace("{hero}", hero[first ? 0 : 1]).Replace("{she}", hero[2]).Replace("{her}", hero[3])
                .Replace("{other}", Other).Replace("{place}", Place).Replace("{thing}", Thing).ToString();
        }
    }
}
