using System.Buffers;
using System.Globalization;
using System.Text;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Web.Runs;

/// <summary>
/// A run's failures as CSV (RFC 4180, UTF-8), line by line as they come. A spreadsheet takes a cell that begins like a formula for one, so such a
/// cell gets an apostrophe in front: keys and messages come from elsewhere.
/// </summary>
internal static class FailuresCsv
{
    private const string Header = "key,outcome,stage,code,attempts,message,at";

    private static readonly SearchValues<char> Formulas = SearchValues.Create("=+-@\t\r\n");
    private static readonly SearchValues<char> Quoted = SearchValues.Create(",\"\r\n");
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    public static string FileName(long run) => $"run-{run}-failures.csv";

    public static async Task WriteAsync(IAsyncEnumerable<FailedRow> rows, Stream output, CancellationToken cancel)
    {
        await using var writer = new StreamWriter(output, Utf8, leaveOpen: true) { NewLine = "\r\n" };
        await writer.WriteLineAsync(Header.AsMemory(), cancel);
        await foreach (var row in rows.WithCancellation(cancel))
            await writer.WriteLineAsync(Line(row).AsMemory(), cancel);
    }

    internal static string Line(FailedRow row) => string.Join(',', new[]
    {
        row.Key, Receipt.Name(row.Cause.Outcome), row.Cause.Stage, row.Cause.Code, row.Tries.ToString(CultureInfo.InvariantCulture), row.Message,
        row.At.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
    }.Select(Cell));

    private static string Cell(string? value)
    {
        if (string.IsNullOrEmpty(value))
            return "";
        var safe = Formulas.Contains(value[0]) ? $"'{value}" : value;
        return safe.AsSpan().ContainsAny(Quoted) ? $"\"{safe.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : safe;
    }
}
