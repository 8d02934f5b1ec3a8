using System.Text;

namespace EmbeddingAdmin.Runs;

/// <summary>Keys as somebody types or pastes them: one a line or with commas between them; a key that holds a comma stands in double quotes.</summary>
public static class KeyList
{
    /// <summary>The keys in their order, without the blanks around them and without empty ones. None of them is judged.</summary>
    /// <param name="typed">What was typed. Inside quotes everything counts, and two quotes are one.</param>
    public static IReadOnlyList<string> Read(string typed)
    {
        ArgumentNullException.ThrowIfNull(typed);
        var keys = new List<string>();
        var key = new StringBuilder();
        var (quoted, wasQuoted) = (false, false);
        for (var at = 0; at < typed.Length; at++)
        {
            var c = typed[at];
            if (quoted && c == '"' && at + 1 < typed.Length && typed[at + 1] == '"')
            {
                key.Append('"');
                at++;
            }
            else if (quoted)
            {
                if (c == '"')
                    quoted = false;
                else
                    key.Append(c);
            }
            // Only in front of a key: a quote inside one is its own.
            else if (c == '"' && !wasQuoted && string.IsNullOrWhiteSpace(key.ToString()))
            {
                key.Clear();
                (quoted, wasQuoted) = (true, true);
            }
            else if (c is ',' or '\n' or '\r')
            {
                Close();
            }
            else
            {
                key.Append(c);
            }
        }

        Close();
        return keys;

        void Close()
        {
            var read = wasQuoted ? key.ToString() : key.ToString().Trim();
            if (read.Length > 0)
                keys.Add(read);
            key.Clear();
            wasQuoted = false;
        }
    }
}
