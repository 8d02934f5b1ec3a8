using System.Globalization;
using System.Text;
using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Writing;
using Microsoft.Extensions.AI;

namespace EmbeddingAdmin.Tasks;

/// <summary>What the provider made of a page's texts: the vectors, the rows that it refuses, and what it charged.</summary>
internal sealed class PageAnswers
{
    private readonly Dictionary<string, ReadOnlyMemory<float>> _vectors = new(StringComparer.Ordinal);
    private readonly List<RowResult> _refused = [];

    /// <summary>The vectors that were made, by the row's key.</summary>
    public IReadOnlyDictionary<string, ReadOnlyMemory<float>> Vectors => _vectors;

    /// <summary>The rows that get no vector, with the reason.</summary>
    public IReadOnlyList<RowResult> Refused => _refused;

    /// <summary>Tokens charged.</summary>
    public long Tokens { get; private set; }

    /// <summary>UTF-8 bytes of the texts that were answered.</summary>
    public long Bytes { get; private set; }

    /// <summary>Takes in the answer to a request; where it has no vector, that row is not settled by it.</summary>
    public void Take(IReadOnlyList<SourceRow> rows, IReadOnlyList<Embedding<float>?> made, UsageDetails? usage)
    {
        for (var i = 0; i < rows.Count; i++)
        {
            if (made[i] is { } embedding)
                _vectors[rows[i].Key] = embedding.Vector;
        }

        Charge([.. rows.Select(row => row.Text)], usage);
    }

    /// <summary>Counts what was charged for these texts.</summary>
    public void Charge(IReadOnlyList<string> texts, UsageDetails? usage)
    {
        Tokens += usage?.TotalTokenCount ?? 0;
        Bytes += texts.Sum(text => (long)Encoding.UTF8.GetByteCount(text));
    }

    /// <summary>Settles a row that was not sent.</summary>
    public void Settle(RowResult result) => _refused.Add(result);

    /// <summary>Parks a row that the provider refuses.</summary>
    public void Refuse(SourceRow row, ProviderFault fault) => _refused.Add(fault.Code switch
    {
        ErrorCodes.TextEdited => new(row.Key, RowOutcome.Changed, null, fault.Code, "The text was edited after its vector was shown. Nothing was written."),
        ErrorCodes.TextTooLong or ErrorCodes.TextCut => new(row.Key, RowOutcome.TooLong, "provider", Code(fault), fault.Message),
        _ => new(row.Key, RowOutcome.Failed, "provider", Code(fault), fault.Message),
    });

    private static string Code(ProviderFault fault) => fault.HttpStatus?.ToString(CultureInfo.InvariantCulture) ?? fault.Code;
}
