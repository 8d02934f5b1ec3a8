using System.Text;

namespace EmbeddingAdmin.Local;

/// <summary>A row of <c>stories</c> before it is loaded.</summary>
internal sealed record DemoStory(Guid Id, Guid UserId, string? Title, string? Content, string? Genre, string[] Tags, DateTime CreatedAt);

/// <summary>The demo's stories, the same ones every time.</summary>
internal static class DemoStories
{
    public const int Count = 5000;
    public const int Blank = 40;
    public const int Long = 12;
    public const int ShortestContent = 50;
    public const int LongestContent = 3000;
    public const int LongContent = 20_000;
    public const int MostOfOneAuthor = 60;

    /// <summary>No story is younger. Fixed, so that the demo is the same on every day.</summary>
    public static readonly DateTime Until = new(2026, 9, 1, 0, 0, 0, DateTimeKind.Utc);

    private static readonly TimeSpan Span = TimeSpan.FromDays(730);

    // Families, flags and professions are several code points joined into one picture: hard on anything that cuts text.
    private static readonly string[] Emoji = ["👩‍🚀", "🏴‍☠️", "👨‍👩‍👧‍👦", "🐉", "🕵️‍♀️", "❤️‍🔥", "🌊", "👻", "🧑🏽‍🍳", "🇪🇺"];

    /// <param name="users">Those who may be authors.</param>
    public static IEnumerable<DemoStory> Make(IReadOnlyList<Guid> users)
    {
        var random = new DemoRandom(0x5706135);
        var genres = StoryWords.Genres();
        var languages = StoryWords.Languages();
        var authors = Authors(random, users);
        var odd = random.Shuffled(Enumerable.Range(0, Count));
        var blank = odd[..Blank].ToHashSet();
        var vast = odd[Blank..(Blank + Long)].ToHashSet();
        for (var i = 0; i < Count; i++)
        {
            var id = random.Uuid();
            var at = Until - TimeSpan.FromSeconds((long)(random.Fraction() * Span.TotalSeconds));
            if (blank.Contains(i))
            {
                var nothing = i % 3 == 0 ? null : i % 3 == 1 ? "" : "  \n";
                yield return new DemoStory(id, authors[i], nothing, nothing, Genre: null, [], at);
                continue;
            }
            var words = random.OneIn(12) ? random.Pick(languages) : random.Pick(genres);
            var (title, content) = Write(random, words, vast.Contains(i) ? LongContent : Target(random), vast.Contains(i));
            yield return new DemoStory(id, authors[i], title, content, words.Genre, random.Shuffled(words.Tags)[..(1 + random.Below(3))], at);
        }
    }

    /// <summary>One author for every story; a few write much, most write little, and nobody writes nothing.</summary>
    private static Guid[] Authors(DemoRandom random, IReadOnlyList<Guid> users)
    {
        var authors = new List<Guid>(Count);
        for (var user = 0; authors.Count < Count; user++)
        {
            var own = user == 0 ? MostOfOneAuthor : 1 + (int)((MostOfOneAuthor - 1) * Math.Pow(random.Fraction(), 3));
            authors.AddRange(Enumerable.Repeat(users[user], Math.Min(own, Count - authors.Count)));
        }
        return random.Shuffled(authors);
    }

    /// <summary>Many short ones and few long ones: even on a logarithmic scale.</summary>
    private static int Target(DemoRandom random) =>
        (int)(ShortestContent * Math.Pow((double)LongestContent / ShortestContent, random.Fraction()));

    /// <param name="random">Where choices come from.</param>
    /// <param name="words">The genre or language.</param>
    /// <param name="length">Not longer than this, or, for a long one, not shorter.</param>
    /// <param name="isLong">One of the few long ones.</param>
    private static (string Title, string Content) Write(DemoRandom random, StoryWords words, int length, bool isLong)
    {
        var cast = words.NewCast(random);
        var title = words.Title(random, cast);
        var content = new StringBuilder(words.Opening(random, cast));
        var ending = words.Ending(random, cast);
        bool Fits(string sentence) => isLong ? content.Length < length : content.Length + sentence.Length + ending.Length + 2 <= length;
        // A very short story is its beginning; what follows is the reader's.
        if (!Fits("")) return (title, Decorate(random, content));
        for (var goesOn = true; goesOn;)
        {
            foreach (var sentence in words.Chapter(random, cast).TakeWhile(sentence => goesOn = Fits(sentence))) content.Append(' ').Append(sentence);
            cast = words.NewCast(random, cast.Hero);
            var bridge = words.Bridge(random, cast);
            // No new chapter where there is hardly room to tell it.
            if (goesOn && (goesOn = Fits(bridge.PadRight(500)))) content.Append("\n\n").Append(bridge);
        }
        return (title, Decorate(random, content.Append(' ').Append(ending)));
    }

    private static string Decorate(DemoRandom random, StringBuilder content)
    {
        var text = content.ToString().TrimEnd();
        return random.OneIn(25) && text.Length < LongestContent - 20 ? $"{text} {random.Pick(Emoji)}" : text;
    }
}
