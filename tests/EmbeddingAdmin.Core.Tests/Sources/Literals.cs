using System.Text;

namespace EmbeddingAdmin.Core.Tests.Sources;

/// <summary>What stands between quotes in a C# source and what does not; what stands in comments is neither.</summary>
internal sealed class Literals
{
    private readonly string _source;
    private readonly StringBuilder _code = new();
    private readonly List<(string Text, int From, int To)> _texts = [];
    private int _at;

    private Literals(string source) => _source = source;

    /// <summary>The source without its comments and with "" in place of every text.</summary>
    public string Code => _code.ToString();

    /// <summary>The texts, with ? in place of what is computed; pieces that are added to each other are one.</summary>
    public IReadOnlyList<string> Texts { get; private set; } = [];

    public static Literals Of(string source)
    {
        var read = new Literals(source);
        while (read._at < source.Length)
            read.Step();
        read.Texts = read.Join();
        return read;
    }

    private void Step()
    {
        if (Begins("//"))
            _at = End("\n");
        else if (Begins("/*"))
            _at = End("*/") + 2;
        else if (_source[_at] == '\'')
            SkipCharacter();
        else if (Opening() is { } opening)
            ReadText(opening.Dollars, opening.Quotes, opening.Verbatim);
        else
            _code.Append(_source[_at++]);
    }

    private void SkipCharacter()
    {
        _code.Append("' '");
        _at += _source[_at + 1] == '\\' ? 3 : 2;
        _at = End("'") + 1;
    }

    /// <summary>The start of a text at this place, which is stepped over.</summary>
    private (int Dollars, int Quotes, bool Verbatim)? Opening()
    {
        var at = _at;
        while (at < _source.Length && _source[at] is '$' or '@')
            at++;
        if (at >= _source.Length || _source[at] != '"')
            return null;
        var prefix = _source[_at..at];
        var quotes = _source.AsSpan(at).IndexOfAnyExcept('"') is >= 0 and var many ? many : _source.Length - at;
        // Two quotes are an empty text, and not the start of one.
        var raw = quotes >= 3 ? quotes : 1;
        _at = at + raw;
        return (prefix.Count(each => each == '$'), raw, prefix.Contains('@', StringComparison.Ordinal));
    }

    private void ReadText(int dollars, int quotes, bool verbatim)
    {
        var (text, from) = (new StringBuilder(), _code.Length);
        var (close, hole, raw) = (new string('"', quotes), new string('{', dollars), quotes > 1);
        while (_at < _source.Length && !(Begins(close) && !(verbatim && Begins("\"\""))))
        {
            if (dollars > 0 && Begins(hole) && (raw || !Begins("{{")))
                SkipHole(text, dollars);
            else if (!raw && !verbatim && _source[_at] == '\\')
                (_, _at) = (text.Append(_source[_at + 1] == 'n' ? '\n' : ' '), _at + 2);
            else
                TakeOne(text, verbatim && Begins("\"\"") || (dollars > 0 && !raw && (Begins("{{") || Begins("}}"))) ? 2 : 1);
        }

        _at += quotes;
        _code.Append("\"\"");
        _texts.Add((text.ToString(), from, _code.Length));
    }

    private void TakeOne(StringBuilder text, int length)
    {
        text.Append(_source[_at]);
        _at += length;
    }

    /// <summary>What is computed is code, and may have texts in it.</summary>
    private void SkipHole(StringBuilder text, int dollars)
    {
        _at += dollars;
        text.Append('?');
        // Apart from the code around, so that the texts inside are not taken for pieces of this one.
        _code.Append(';');
        for (var depth = 1; _at < _source.Length && depth > 0;)
        {
            depth += _source[_at] switch { '{' => 1, '}' => -1, _ => 0 };
            if (depth > 0)
                Step();
        }

        _code.Append(';');
        _at += dollars;
    }

    private List<string> Join()
    {
        var code = Code;
        var joined = new List<string>();
        var end = -1;
        foreach (var (text, from, to) in _texts)
        {
            if (end >= 0 && from >= end && code[end..from].Trim() == "+")
                joined[^1] += text;
            else
                joined.Add(text);
            end = to;
        }

        return joined;
    }

    private bool Begins(string with) => string.CompareOrdinal(_source, _at, with, 0, with.Length) == 0;

    private int End(string of) => _source.IndexOf(of, _at, StringComparison.Ordinal) is >= 0 and var end ? end : _source.Length;
}
