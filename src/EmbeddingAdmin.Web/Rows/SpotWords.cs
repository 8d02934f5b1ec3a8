using System.Security.Cryptography;
using EmbeddingAdmin.Rows;
using EmbeddingAdmin.Tables;

namespace EmbeddingAdmin.Web.Rows;

/// <summary>The orders of a spot-check in words, and as they stand in its list.</summary>
public static class SpotWords
{
    /// <summary>The orders over all rows.</summary>
    public static IReadOnlyList<SampleOrder> Orders { get; } = [SampleOrder.Key, SampleOrder.Random, SampleOrder.Oldest, SampleOrder.Newest, SampleOrder.Longest, SampleOrder.Shortest];

    /// <summary>The order in words.</summary>
    public static string Of(SampleOrder order, Target target) => order switch
    {
        SampleOrder.Key => "by key",
        SampleOrder.Random => "by chance",
        SampleOrder.Oldest => $"oldest first{By(target)}",
        SampleOrder.Newest => $"newest first{By(target)}",
        SampleOrder.Longest => "longest text first",
        SampleOrder.Shortest => "shortest text first",
        _ => throw new ArgumentOutOfRangeException(nameof(order), order, null),
    };

    /// <summary>The name of a way's order in the list; its seed is none of it.</summary>
    public static string Name(SampleWalk walk)
    {
        ArgumentNullException.ThrowIfNull(walk);
        return walk.State is { } state ? $"{walk.Order} {RowAddress.Name(state)}" : $"{walk.Order}";
    }

    /// <summary>The way that begins when a name is chosen: by chance, if it goes by chance.</summary>
    public static SampleWalk Chosen(string? name)
    {
        var parts = (name ?? "").Split(' ');
        if (!Enum.TryParse<SampleOrder>(parts[0], out var order))
            return SampleWalk.ByKey;
        return order switch
        {
            SampleOrder.State when parts is [_, var state] && RowAddress.StateOf(state) is { } only => new(order, only),
            SampleOrder.Random or SampleOrder.Longest or SampleOrder.Shortest => new(order, null, RandomNumberGenerator.GetInt32(1, 1_000_000)),
            SampleOrder.Oldest or SampleOrder.Newest => new(order),
            _ => SampleWalk.ByKey,
        };
    }

    private static string By(Target target) => SpotCheck.CreationColumn(target) is { } column ? $", by {column}" : "";
}
