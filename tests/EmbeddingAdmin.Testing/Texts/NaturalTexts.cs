using System.Runtime.InteropServices;
using System.Xml.Linq;

namespace EmbeddingAdmin.Testing.Texts;

/// <summary>A piece of natural text.</summary>
/// <param name="Title">The documented member.</param>
/// <param name="Content">What is said about it.</param>
/// <param name="Label">Its namespace: texts of one label speak of the same things.</param>
public sealed record NaturalText(string Title, string Content, string Label);

/// <summary>Thousands of short English texts that are on every machine with the SDK: the XML documentation of its reference packs.</summary>
public static class NaturalTexts
{
    private const int ShortestContent = 60;

    private static readonly string[] Packs = ["Microsoft.NETCore.App.Ref", "Microsoft.AspNetCore.App.Ref"];

    /// <summary>All texts, in the order of their files' names; no text comes twice.</summary>
    public static IEnumerable<NaturalText> All()
        => Files().SelectMany(Of).DistinctBy(text => text.Content, StringComparer.Ordinal);

    private static string[] Files()
    {
        // <dotnet>/shared/Microsoft.NETCore.App/<version>/
        var root = new DirectoryInfo(RuntimeEnvironment.GetRuntimeDirectory()).Parent!.Parent!.Parent!;
        var files = Packs
            .Select(pack => Path.Combine(root.FullName, "packs", pack))
            .Where(Directory.Exists)
            .SelectMany(pack => Directory.EnumerateFiles(pack, "*.xml", SearchOption.AllDirectories))
            .Where(file => Path.GetFileName(Path.GetDirectoryName(Path.GetDirectoryName(file))) is "ref")
            .DistinctBy(Path.GetFileName, StringComparer.Ordinal)
            .Order(StringComparer.Ordinal)
            .ToArray();
        return files.Length > 0
            ? files
            : throw new DirectoryNotFoundException($"No reference packs under {root.FullName}: natural texts need an SDK.");
    }

    private static IEnumerable<NaturalText> Of(string file)
    {
        var members = XDocument.Load(file).Descendants("member")
            .Select(member => (Id: (string?)member.Attribute("name") ?? "", Element: member))
            .Where(member => member.Id is [_, ':', _, ..])
            .ToArray();
        var types = members.Where(member => member.Id[0] == 'T').Select(member => member.Id[2..]).ToHashSet(StringComparer.Ordinal);
        foreach (var (id, element) in members)
        {
            var name = id[2..].Split('(', '~')[0];
            var content = Words(element);
            if (content.Length >= ShortestContent && Namespace(name, types) is { Length: > 0 } label)
                yield return new NaturalText(name[(label.Length + 1)..], content, label);
        }
    }

    private static string Namespace(string name, HashSet<string> types)
    {
        var type = name;
        while (type.Length > 0 && !types.Contains(type))
            type = Parent(type);
        while (types.Contains(type))
            type = Parent(type);
        return type;
    }

    private static string Parent(string name) => name.LastIndexOf('.') is var dot and > 0 ? name[..dot] : "";

    private static string Words(XElement member)
    {
        var parts = member.DescendantNodes().Select(node => node switch
        {
            XText text => text.Value,
            XElement { Name.LocalName: "see" or "paramref" or "typeparamref" } reference => Reference(reference),
            _ => " ",
        });
        return string.Join(' ', string.Concat(parts).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }

    private static string Reference(XElement reference)
    {
        var name = ((string?)reference.FirstAttribute ?? "").Split('(')[0];
        return name[(name.LastIndexOfAny(['.', ':']) + 1)..];
    }
}
