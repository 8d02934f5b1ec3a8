using System.Text.Encodings.Web;
using System.Text.Json;

namespace EmbeddingAdmin.Web.Commands;

/// <summary>
/// What a verb says. With <c>--json</c> standard output holds exactly one JSON value, a failure included, and everything else goes
/// to standard error.
/// </summary>
internal sealed class Answer(bool json)
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Where progress and remarks go.</summary>
    public TextWriter Aside { get; } = json ? Console.Error : Console.Out;

    /// <summary>Whether <see cref="Aside"/> is a terminal, on which a line can be drawn over.</summary>
    public bool AsideIsTerminal { get; } = json ? !Console.IsErrorRedirected : !Console.IsOutputRedirected;

    /// <summary>Gives the answer: the value, or the same in words.</summary>
    public void Give(object value, string words)
    {
        if (json)
            Write(value);
        else
            Console.Out.WriteLine(words);
    }

    /// <summary>Says what went wrong, and returns the exit code.</summary>
    /// <param name="failure">What went wrong.</param>
    /// <param name="run">The run that is to blame, if one is.</param>
    public int Fail(Failure failure, long? run = null)
    {
        if (json)
            Write(run is null ? new { error = new { failure.Code, failure.Message } } : new { error = new { failure.Code, failure.Message, run } });
        else
            Console.Error.WriteLine(failure.Text);
        return failure.ExitCode;
    }

    private static void Write(object value)
    {
        // Bytes, because the console's encoding is whatever the surroundings say and JSON is UTF-8.
        using var output = Console.OpenStandardOutput();
        JsonSerializer.Serialize(output, value, Options);
        output.WriteByte((byte)'\n');
    }
}
